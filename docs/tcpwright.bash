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

_tcpwright_socket_options() {
	tcpwright explain --list 2>/dev/null | sed -n -e '/^Socket options:/,/^$/s/^  //p'
}

# What --set takes: an option with what a value follows, then its values where they are words.
_tcpwright_settings() {
	local name=${1%%=*}

	if [[ $1 != *=* ]]; then
		_tcpwright_socket_options | sed 's/$/=/'
		return
	fi
	case $(tcpwright explain -- "$name" 2>/dev/null | sed -n 's/^  Values  *//p') in
	"on or off"*) printf '%s\n' "$name="{on,off} ;;
	"off, abort, drained"*) printf '%s\n' "$name="{off,abort,drained} ;;
	esac
}

# Programs only: "run" starts no keyword, function or alias, which compgen -c gives too.
_tcpwright_commands() {
	local folder file folders

	[[ $1 == */* ]] && return
	IFS=: read -r -a folders <<<"$PATH"
	for folder in "${folders[@]}"; do
		for file in "${folder:-.}/$1"*; do
			[[ -f $file && -x $file ]] && printf '%q\n' "${file##*/}"
		done
	done | sort -u
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
		if ((skip)); then
			skip=0
		elif [[ $word == -- || $word != -* ]]; then
			return 0
		elif [[ $takers == *" $word "* ]]; then
			skip=1
		fi
	done
	return 1
}

# What "run" takes before its command, behind the word PREVIOUS.
_tcpwright_run_words() {
	local previous=$1 current=$2

	case $previous in
	--role) _tcpwright_roles ;;
	--set) _tcpwright_settings "$current" ;;
	--profile | --profile-dir | --log) ;;
	--children | --explain) _tcpwright_values run "$previous" ;;
	*) _tcpwright_options run ;;
	esac
}

# Whether a command of "run" may stand here, behind WORDS: the last of them takes no value.
_tcpwright_command_follows() {
	local takers

	[[ ${*: -1} == -- ]] && return
	takers=" $(_tcpwright_takers run | tr '\n' ' ')"
	! _tcpwright_command_begun "$@" && [[ $takers != *" ${*: -1} "* ]]
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
	explain)
		tcpwright explain --list 2>/dev/null | sed -n 's/^  //p'
		# As the C constants as well, to those who begin so.
		[[ $current == [A-Z]* ]] &&
			_tcpwright_socket_options | sed -n '/^\(so\|tcp\|ip\)_/p' | tr a-z A-Z
		;;
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

# The words up to the cursor, in "joined": bash splits "--role=web" and "so_rcvbuf=64k" at the "=".
_tcpwright_join() {
	local word glue=0

	joined=()
	for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
		if [[ $word == = ]] && ((${#joined[@]})); then
			joined[-1]+==
			glue=1
		elif ((glue)); then
			joined[-1]+=$word
			glue=0
		else
			joined+=("$word")
		fi
	done
}

_tcpwright() {
	local joined words previous='' current head='' whole

	_tcpwright_join
	whole=${joined[-1]}
	current=$whole
	((${#joined[@]} > 1)) && previous=${joined[-2]}
	if ((${#joined[@]} == 1)); then
		words="$(_tcpwright_subcommands) --help --version"
	elif [[ ${joined[0]} == run ]] && _tcpwright_command_begun "${joined[@]:1:${#joined[@]}-2}" &&
		[[ $previous != -- ]]; then
		return # an address, or what is the command's
	elif [[ ${joined[0]} == run && ($previous == -- || $current != -*) ]] &&
		_tcpwright_command_follows "${joined[@]:1:${#joined[@]}-2}"; then
		mapfile -t COMPREPLY < <(_tcpwright_commands "$current")
		return
	else
		if [[ $current == --*=* ]]; then
			previous=${current%%=*}
			head=$previous=
			current=${current#*=}
		fi
		if [[ ${joined[0]} == run ]]; then
			words=$(_tcpwright_run_words "$previous" "$current")
		else
			words=$(_tcpwright_words "${joined[0]}" "$previous" "$current" \
				" ${joined[*]:1:${#joined[@]}-2} ")
		fi
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
	[[ ${COMPREPLY[*]} == *= ]] && compopt -o nospace 2>/dev/null
	# No files where an option of sockets or its value belongs.
	[[ $previous == --set ]] && compopt +o default 2>/dev/null
	COMPREPLY=("${COMPREPLY[@]/#/$head}")
	# What is replaced begins behind the last "=", unless the user has bash not split there.
	if [[ $COMP_WORDBREAKS == *=* && $whole == *=* ]]; then
		COMPREPLY=("${COMPREPLY[@]#"${whole%"${whole##*=}"}"}")
	fi
	return 0
}

# Files where nothing of ours fits: --profile, --root, -o.
complete -o default -F _tcpwright tcpwright
