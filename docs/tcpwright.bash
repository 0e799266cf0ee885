# bash completion for tcpwright. What can be completed is asked of the program itself.

_tcpwright_options() {
	tcpwright help "$1" 2>/dev/null |
		sed -n -e 's/^  -[a-z], \(--[a-z-]*\).*/\1/p' -e 's/^  \(--[a-z-]*\).*/\1/p'
	printf '%s\n' --help
}

# The words that an option takes, where its help lists them: "--format text|json".
_tcpwright_values() {
	tcpwright help "$1" 2>/dev/null |
		sed -n -e "s/^  \(-[a-z], \)*$2 \([a-z|_]*\)\$/\2/p" | tr '|' '\n'
}

_tcpwright_roles() {
	tcpwright profile list 2>/dev/null | sed -n 's/^\([a-z][a-z0-9-]*\) .*/\1/p'
}

# Of sockets, with what a value follows.
_tcpwright_settings() {
	tcpwright explain --list 2>/dev/null |
		sed -n -e '/^Socket options:/,/^$/s/^  \(.*\)/\1=/p'
}

# Options of a subcommand that take a value.
_tcpwright_takers() {
	tcpwright help "$1" 2>/dev/null | sed -n 's/^  \(-[a-z], \)*\(--[a-z-]*\) .*/\2/p'
}

# Whether the command of "run" is among the words: then the rest is that command's own.
_tcpwright_command_begun() {
	local word skip=0 takers

	takers=" $(_tcpwright_takers run | tr '\n' ' ')"
	for word; do
		if [[ $word == = ]]; then
			skip=1 # bash splits "so_rcvbuf=64k"
		elif ((skip)); then
			skip=0
		elif [[ $word == -- || $word != -* ]]; then
			return 0
		elif [[ $takers == *" $word "* ]]; then
			skip=1
		fi
	done
	return 1
}

_tcpwright_run_words() {
	local previous=$1 current=$2
	shift 2

	if _tcpwright_command_begun "$@"; then
		# An address, the command, or what is the command's.
		[[ $previous == -- ]] && compgen -c -- "$current"
		return
	fi
	case $previous in
	--role) _tcpwright_roles ;;
	--set) _tcpwright_settings ;;
	--profile | --profile-dir | --log) ;;
	--children | --explain) _tcpwright_values run "$previous" ;;
	*)
		if [[ $current == -* ]]; then
			_tcpwright_options run
		else
			compgen -c -- "$current"
		fi
		;;
	esac
}

_tcpwright_words() {
	local subcommand=$1 previous=$2 current=$3 before=$4

	case $previous in
	--role)
		_tcpwright_roles
		printf '%s\n' auto
		return
		;;
	--list | --help) ;; # take no value
	-o | --*)
		_tcpwright_values "$subcommand" "$previous"
		return
		;;
	esac
	if [[ $current == -* ]]; then
		_tcpwright_options "$subcommand"
		return
	fi
	case $subcommand in
	explain) tcpwright explain --list 2>/dev/null | sed -n 's/^  //p' ;;
	profile)
		if [[ ! $before =~ \ (list|show|check)\  ]]; then
			printf '%s\n' list show check
		elif [[ $previous == show ]]; then
			_tcpwright_roles
		fi
		;;
	help) _tcpwright_subcommands ;;
	esac
}

_tcpwright_subcommands() {
	tcpwright --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p'
}

_tcpwright() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words

	if ((COMP_CWORD == 1)); then
		words="$(_tcpwright_subcommands) --help --version"
	elif [[ ${COMP_WORDS[1]} == run ]]; then
		words=$(_tcpwright_run_words "$previous" "$current" "${COMP_WORDS[@]:2:COMP_CWORD-2}")
	else
		words=$(_tcpwright_words "${COMP_WORDS[1]}" "$previous" "$current" \
			" ${COMP_WORDS[*]:2:COMP_CWORD-2} ")
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

# Files where nothing of ours fits: --profile, --root, -o.
complete -o default -F _tcpwright tcpwright
