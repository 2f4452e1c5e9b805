#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Calls and queue round trips to an "echo" device, by libvbus and ctypes.

Run it in a process that is a member of a bus with an echo device:

    (echo mybus > /proc/self/vbus; python3 echo.py)
"""
import ctypes
import os
import sys

u8, u32, u64, size = ctypes.c_uint8, ctypes.c_uint32, ctypes.c_uint64, ctypes.c_size_t
pointer = ctypes.c_void_p


class Slot(ctypes.LittleEndianStructure):
    """struct vbus_slot"""
    _fields_ = [("addr", u64), ("lf", u32), ("seq", u32)]


class Vbus:
    """The functions of the library that are used here; errors become exceptions."""

    FUNCTIONS = {
        "vbus_attach": [ctypes.c_char_p, ctypes.POINTER(pointer)],
        "vbus_find_port": [pointer, ctypes.c_char_p, ctypes.c_int],
        "vbus_port_open": [pointer, ctypes.c_uint, u32, ctypes.POINTER(u64),
                           ctypes.POINTER(pointer)],
        "vbus_port_call": [pointer, u32, ctypes.c_char_p, size, pointer, size],
        "vbus_queue_create": [pointer, u32, u32, u32, ctypes.POINTER(pointer)],
        "vbus_queue_put": [pointer, u64, u32, u8],
        "vbus_queue_wait": [pointer, ctypes.c_int],
    }

    def __init__(self, path=os.environ.get("LIBVBUS", "libvbus.so.0")):
        self.lib = ctypes.CDLL(path)
        for name, args in self.FUNCTIONS.items():
            function = getattr(self.lib, name)
            function.argtypes = args
            function.restype = ctypes.c_ssize_t if name == "vbus_port_call" else ctypes.c_int
            function.errcheck = self.check
        self.lib.vbus_mem_alloc.argtypes = [pointer, size, ctypes.POINTER(u64)]
        self.lib.vbus_mem_alloc.restype = pointer
        self.lib.vbus_queue_get.argtypes = [pointer, ctypes.POINTER(Slot)]
        self.lib.vbus_queue_get.restype = ctypes.c_bool
        self.lib.vbus_queue_done.argtypes = [pointer, ctypes.c_uint]
        for name in "vbus_queue_publish", "vbus_port_close", "vbus_detach":
            getattr(self.lib, name).argtypes = [pointer]
            getattr(self.lib, name).restype = None

    @staticmethod
    def check(result, function, _args):
        """A negative result is an error number."""
        if result < 0:
            raise OSError(-result, f"{function.__name__}: {os.strerror(-result)}")
        return result


def call(lib, port, text):
    """The device returns the input of a call."""
    out = ctypes.create_string_buffer(len(text))
    length = lib.vbus_port_call(port, 1, text, len(text), out, len(text))
    return out.raw[:length]


def reverse(lib, bus, port, text):
    """The device reverses the buffer that a request points to."""
    queue, addr, slot = pointer(), u64(), Slot()
    lib.vbus_queue_create(port, 0, 16, 16, ctypes.byref(queue))
    memory = lib.vbus_mem_alloc(bus, len(text), ctypes.byref(addr))
    if not memory:
        raise MemoryError
    ctypes.memmove(memory, text, len(text))
    lib.vbus_queue_put(queue, addr, len(text), 0)
    lib.vbus_queue_publish(queue)
    while not lib.vbus_queue_get(queue, ctypes.byref(slot)):
        if not lib.vbus_queue_wait(queue, 5000):
            raise TimeoutError
    lib.vbus_queue_done(queue, 1)
    return ctypes.string_at(memory, len(text))


def main():
    """One call and one round trip."""
    lib = Vbus().lib
    bus, port = pointer(), pointer()
    lib.vbus_attach(None, ctypes.byref(bus))
    number = lib.vbus_find_port(bus, b"echo", 5000)
    lib.vbus_port_open(bus, number, 1, None, ctypes.byref(port))
    text = b"Able was I ere I saw a bus"
    came = call(lib, port, text)
    turned = reverse(lib, bus, port, text)
    print(came.decode(), "|", turned.decode())
    lib.vbus_port_close(port)
    lib.vbus_detach(bus)
    return 0 if came == text and turned == text[::-1] else 1


if __name__ == "__main__":
    sys.exit(main())
