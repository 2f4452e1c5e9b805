# SPDX-License-Identifier: GPL-2.0
# bash completion of vbusctl

_vbusctl_names() { vbusctl list -q "$1" 2>/dev/null; }

_vbusctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} words=''
	local cmd=${COMP_WORDS[1]:-} noun=${COMP_WORDS[2]:-}

	COMPREPLY=()
	case $COMP_CWORD:$cmd:$noun in
	1:*) words='tree list show create destroy attach detach run stats save restore version help' ;;
	*:list:*) words='-q --json buses devices classes connectors clients' ;;
	*:show:--json) ;;
	2:show:*) words="--json bus device client class connector $(_vbusctl_names)" ;;
	3:show:bus) words=$(_vbusctl_names buses) ;;
	3:show:device) words=$(_vbusctl_names devices) ;;
	3:show:client) words=$(_vbusctl_names clients) ;;
	3:show:class) words=$(_vbusctl_names classes) ;;
	3:show:connector) words=$(_vbusctl_names connectors) ;;
	2:create:*|2:destroy:*) words='device bus' ;;
	2:attach:*|2:detach:*) words='device client' ;;
	3:destroy:bus) words=$(_vbusctl_names buses) ;;
	3:destroy:device|3:attach:device|3:detach:device) words=$(_vbusctl_names devices) ;;
	3:attach:client) words=$(_vbusctl_names connectors) ;;
	3:detach:client) words=$(_vbusctl_names clients) ;;
	4:attach:*|4:detach:device) words=$(_vbusctl_names buses) ;;
	4:create:device) words='--type' ;;
	5:create:device) words=$(_vbusctl_names classes) ;;
	*:create:device)
		words='enabled=1'
		compopt -o nospace 2>/dev/null
		;;
	2:run:*) words=$(_vbusctl_names buses) ;;
	3:run:*)
		mapfile -t COMPREPLY < <(compgen -W -- -- "$cur"; compgen -c -- "$cur")
		return
		;;
	*:run:*)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	*:stats:*) words="--json -w -n $(_vbusctl_names buses) $(_vbusctl_names clients)" ;;
	*:save:*|3:restore:--check)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	2:restore:*)
		mapfile -t COMPREPLY < <(compgen -W '--check --recover' -- "$cur"; compgen -f -- "$cur")
		return
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _vbusctl vbusctl
