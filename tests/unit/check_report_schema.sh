#!/bin/sh
# check_report_schema.sh WRITE_SAMPLE SCHEMA: reports of all kinds keep to their schema, and the
# schema is not so loose that it takes anything.
set -eu
write_sample=$1
schema=$2
python=/usr/bin/python3

if ! "$python" -c 'import jsonschema' 2>/dev/null; then
	echo "skipped: $python has no jsonschema"
	exit 77
fi
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT

valid() {
	"$python" -m jsonschema -i "$1" "$schema" 2>"$dir/errors"
}

for name in sick healthy blind hostile window crowded; do
	"$write_sample" "$name" json >"$dir/$name.json"
	if ! valid "$dir/$name.json"; then
		echo "$name does not keep to the schema:"
		head -c 2000 "$dir/errors"
		exit 1
	fi
done

# Each of these edits breaks one promise.
refused() {
	sed "$1" "$dir/sick.json" >"$dir/broken.json"
	if cmp -s "$dir/sick.json" "$dir/broken.json"; then
		echo "the edit changed nothing: $1"
		exit 1
	fi
	if valid "$dir/broken.json"; then
		echo "the schema takes a report after: $1"
		exit 1
	fi
}
refused 's/"schema_version": 1/"schema_version": 2/'
refused 's/"hostname"/"host_name"/'
refused 's/"usage": 0.97053/"usage": "97 %"/'
refused 's/"exhaustion": "never"/"exhaustion": null/'
refused 's/"section": "\[socket/"section": "[sockets/'
refused 's/"section": null/"action": null/'
refused 's/"severity": "info"/"severity": "none"/'
refused 's/"time_wait_histogram": \[0, /"time_wait_histogram": [/'
