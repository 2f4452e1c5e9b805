#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1
# Somebody can log in over a console.

# shellcheck source=tests/lib/console.sh
. "$(dirname "$0")/../../../tests/lib/console.sh"

# Which of the two ends turns line ends into what is the getty's choice.
said() { get_text 5 0.5; text+=${REPLY//$'\r'/}; [[ $text == *"$1"* ]]; }

# Not by check, whose subshell would keep what was said.
expect()
{
	if wait_for 5 said "$2"; then pass "$1"; else fail "$1" "heard: $text"; fi
}

# dialogue GETTY...: a getty runs the program, which answers
dialogue()
{
	local tty=${GUEST[0]#/dev/}
	text=''
	setsid "$@" </dev/null >/dev/null 2>&1 &
	getty=$!
	at_exit kill $getty
	expect "$1: it greets" "who is there?"
	printf 'me\r' >&5
	expect "$1: it understands" "$tty: hello me, on a terminal"
	expect "$1: it echoes" $'me\n'
	wait $getty
}

vbus_require vbus-dev-console vbus-console
console_pair 1 || exit 1
cat >/tmp/console-login <<'END'
#!/bin/bash
printf 'who is there? '
read -r name
[ -t 0 ] && where='on a terminal'
echo "$(basename "$(tty)"): hello $name, $where"
sleep 0.3
END
chmod 755 /tmp/console-login
at_exit rm -f /tmp/console-login
hold 5 "${HOST[0]}" || exit 1
dialogue busybox getty -n -l /tmp/console-login -L 0 "${GUEST[0]#/dev/}" vt100
if type -P agetty >/dev/null; then
	dialogue agetty -n -l /tmp/console-login -L "${GUEST[0]#/dev/}"
else
	skip "agetty" "there is none"
fi
