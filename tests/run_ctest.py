#!/usr/bin/python3
"""Runs CTest over a tree of builds: usage: run_ctest.py BUILD_FOLDER [CTEST OPTIONS].

CTest says which tests were skipped, but not why, and says it after its verdict. Here the reasons
come first and the verdict is the last line. With CI=true it is a failure when every test of the lab
was skipped: nothing would have been proven on real sockets.
"""
import collections
import os
import re
import subprocess
import sys
import xml.etree.ElementTree

VERDICT = re.compile(r"\d+% tests passed")


def run(folder, junit, options):
    """Streams CTest's output up to its verdict; returns the lines from there on and the status."""
    command = ["ctest", "--test-dir", folder, "--output-on-failure", "--no-tests=error",
               "--output-junit", junit, "--parallel", str(os.cpu_count()), *options]
    closing = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace") as ctest:
        for line in ctest.stdout:
            if closing or VERDICT.match(line):
                closing.append(line.rstrip("\n"))
            else:
                print(line, end="", flush=True)
    return closing, ctest.returncode


def reason(case):
    """The line in which a skipped test said why."""
    lines = [line.strip() for line in (case.findtext("system-out") or "").splitlines()]
    said = [line for line in lines if "skip" in line.lower()] or [line for line in lines if line]
    return said[-1] if said else "no reason given"


def skipped(cases):
    return [case for case in cases if case.get("status") == "notrun"]


def show_skipped(cases):
    counts = collections.Counter((case.get("name"), reason(case)) for case in skipped(cases))
    print(f"\nSkipped: {sum(counts.values())} of {len(cases)} tests")
    for (name, why), times in sorted(counts.items()):
        print(f"  {name}: {why}" + (f" ({times} times)" if times > 1 else ""))


def lab_was_skipped(cases):
    lab = [case for case in cases if case.get("name").startswith("lab/")]
    return lab and len(skipped(lab)) == len(lab)


def failures(closing):
    """CTest's list of what failed, without its list of what was skipped."""
    lines = []
    for line in closing[1:]:
        if line.startswith("The following tests FAILED"):
            lines = [line]
        elif lines and line.startswith("\t"):
            lines.append(line)
    return lines


def main():
    folder, options = sys.argv[1], sys.argv[2:]
    junit = os.path.join(folder, "junit.xml")
    if os.path.exists(junit):
        os.unlink(junit)
    closing, status = run(folder, junit, options)
    if not closing:  # it ran nothing: an option such as -N
        return status
    cases = list(xml.etree.ElementTree.parse(junit).getroot().iter("testcase"))
    if skipped(cases):
        show_skipped(cases)
    if os.environ.get("CI") == "true" and lab_was_skipped(cases):
        print("\nEvery test of the lab was skipped: this needs root and network namespaces")
        status = status or 1
    for line in failures(closing):
        print(line)
    print("\n" + "".join(f"{line}\n" for line in closing if line.startswith("Total Test time")))
    print(closing[0], flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
