#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Draws the results of tests/bench/kvm/run as bars, each beside that of vhost-net (1.0).

usage: plot.py kvm-time.tsv >kvm.svg
"""
import collections
import statistics
import sys

KINDS = (("vbus", "vbus, bridge", "#1f77b4"), ("loop", "vbus, venet-loop", "#2ca02c"),
         ("vhost", "vhost-net, bridge", "#7f7f7f"), ("qemu", "virtio in QEMU, bridge", "#d62728"))
# Title, key, and whether more is better; then the bar is the inverse, so shorter is always better.
ROWS = (("round trip, UDP 14 B", "rr %s udp 14 median", False),
        ("round trip, UDP 1400 B", "rr %s udp 1400 median", False),
        ("round trip, TCP 14 B", "rr %s tcp 14 median", False),
        ("round trip, TCP 1400 B", "rr %s tcp 1400 median", False),
        ("time per 64 B frame", "burst %s ns", False),
        ("time per byte, TCP stream", "tcp %s mbits", True),
        ("host part of a packet", "host %s ns", False),
        ("exits per packet, load", "burst %s exits", False),
        ("switches per packet, load", "burst %s switches", False))
LEFT, WIDTH, BAR, GAP, FULL = 210, 760, 9, 14, 2.0


def results(path):
    """The values of each key, in the order of the rounds."""
    values = collections.defaultdict(list)
    with open(path, encoding="ascii") as lines:
        for line in lines:
            key, _, value = line.rstrip("\n").partition("\t")
            try:
                values[key].append(float(value))
            except ValueError:
                pass
    return values


def bars(data, key, inverse):
    """Each kind's value over that of vhost-net, as in the table: the median of the rounds' ratios."""
    peers = data[key % "vhost"]
    for kind, _, colour in KINDS:
        pairs = [(p, v) if inverse else (v, p) for v, p in zip(data[key % kind], peers)]
        ratios = [a / b for a, b in pairs if b > 0]
        yield (statistics.median_low(ratios) if ratios else None), colour


def draw(data):
    scale = (WIDTH - LEFT - 60) / FULL
    y = 40
    out = []
    for title, key, inverse in ROWS:
        out.append(f'<text x="{LEFT - 8}" y="{y + 2 * BAR + 4}" text-anchor="end">{title}</text>')
        for value, colour in bars(data, key, inverse):
            if value is not None:
                width = min(value, FULL) * scale
                out.append(f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR - 1}" fill="{colour}"/>')
                out.append(f'<text x="{LEFT + width + 4:.1f}" y="{y + BAR - 1}" font-size="9">{value:.2f}</text>')
            y += BAR
        y += GAP
    x = LEFT
    for _, name, colour in KINDS:
        out.append(f'<rect x="{x}" y="12" width="9" height="9" fill="{colour}"/>'
                   f'<text x="{x + 13}" y="20">{name}</text>')
        x += 140
    out.append(f'<line x1="{LEFT + scale:.1f}" y1="30" x2="{LEFT + scale:.1f}" y2="{y}" stroke="#000" stroke-dasharray="3 3"/>')
    print("<!-- SPDX-License-Identifier: GPL-2.0 -->")
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 30}" '
          'font-family="sans-serif" font-size="11">')
    print('<rect width="100%" height="100%" fill="#fff"/>')
    print("\n".join(out))
    print(f'<text x="{LEFT}" y="{y + 18}">vhost-net in the same run is 1; shorter is better; '
          f'bars end at {FULL:.0f}</text>')
    print("</svg>")


draw(results(sys.argv[1]))
