"""The tests are tested: with each fault of a naive library (naive.c) the tests that guard against
it must fail, and without one the same tests must pass with the same library loaded."""
import os
import pathlib
import subprocess
import sys

from preload import SHIM, GUEST, NAIVE, TCPWRIGHT, end, skip

FOLDER = pathlib.Path(__file__).resolve().parent
# A fault, and the tests that guard against it: file and test.
GUARDS_TEXT = """
options-at-socket
    inherit a_socket_that_is_never_used_has_nothing
    match the_remote_port_of_a_client
options-on-anything
    inherit what_is_no_tcp_socket_is_left_alone
program-overridden
    wins a_program_that_says_it_all_keeps_it_all
    wins what_the_program_sets_to_the_default_stays
    wins off_is_a_choice_too
    keepalive no_keepalive_where_the_program_has_a_user_timeout
one-choice-is-all
    wins a_program_that_only_says_keepalive_gets_the_idle_time
failed-calls-count
    wins a_call_that_failed_is_no_choice
record-by-descriptor
    wins another_descriptor_is_the_same_socket
program-unheard
    choices random_choices
    wins what_the_program_sets_to_the_default_stays
    wins force_overrides_a_later_call
    keepalive no_user_timeout_where_the_program_has_keepalive
    keepalive no_keepalive_where_the_program_has_a_user_timeout
    keepalive keepalive_is_withdrawn_once_the_program_sets_a_user_timeout
    keepalive the_user_timeout_is_withdrawn_once_the_program_sets_keepalive
    keepalive a_program_with_a_short_user_timeout_outlives_a_short_outage
level-ignored
    wins an_option_of_the_same_number_on_another_level_is_another_option
writes-through-optval
    wins the_programs_value_is_not_written_to
raise-lowers
    wins raise_only_and_lower_only
auto-is-a-guess
    keepalive auto_is_the_time_of_the_keepalive_in_force
    keepalive auto_without_keepalive_sets_nothing
peer-ignored
    match the_peer_of_a_client
    match the_remote_port_of_a_client
    match ipv6_addresses
accept-unheard
    inherit the_priority_is_not_inherited_and_still_there
    inherit the_priority_by_accept4_as_well
    wins a_listener_from_elsewhere_keeps_what_is_no_default
ipv4-only
    inherit ip_tos_is_the_traffic_class_of_ipv6
set-after-connect
    inherit buffers_are_set_before_the_handshake
linger-1-0
    linger drained_gives_the_peer_all_and_a_clean_end_and_leaves_no_time_wait
    linger drained_is_a_wait_of_minus_1_for_the_peers_end
    linger drained_holds_until_a_slow_reader_has_it_all
    linger drained_with_a_child_ends_when_the_last_owner_has_closed
    linger a_drained_client_has_its_ports_again_at_once
reset-at-close
    linger drained_gives_the_peer_all_and_a_clean_end_and_leaves_no_time_wait
    linger drained_with_a_child_ends_when_the_last_owner_has_closed
drained-undone
    linger drained_gives_the_peer_all_and_a_clean_end_and_leaves_no_time_wait
    linger a_drained_client_has_its_ports_again_at_once
reuse-before-bind
    same with_so_reuseaddr_where_the_program_does_without
    reuse a_bind_that_serves_as_a_lock_still_locks
    reuse nobody_takes_one_address_in_front_of_all
    reuse clients_that_look_for_a_free_port_have_one_each
    reuse it_is_not_set_where_bind_works_without
    reuse it_is_off_again_after_a_failure
reuse-on-udp
    reuse never_on_udp
reuse-left-on
    reuse it_is_off_again_after_a_failure
reuse-on-until-listen
    reuse of_two_that_restart_at_once_one_has_the_port
    reuse a_bind_that_serves_as_a_lock_still_locks
reuse-not-at-listen
    reuse it_is_on_at_listen_for_time_wait_to_inherit
    reuse restart_after_restart
reuseport-everywhere
    reuse only_on_the_ports_that_are_listed
    reuse two_listeners_share_a_listed_port_and_no_other
getsockname-unheard
    same with_many_options
    no_port getsockname_before_connect_tells_a_port_that_is_then_used
    no_port getsockname_before_listen_tells_the_port_that_then_answers
    no_port a_child_is_told_the_port_too
address-lost
    same with_many_options
    no_port with_the_range_full_getsockname_fails_and_the_address_stays
    no_port with_the_range_full_and_then_not_getsockname_tells_a_port
port-0-when-full
    no_port with_the_range_full_getsockname_fails_and_the_address_stays
second-bind-unheard
    same with_many_options
    no_port a_second_bind_fails_as_without_the_library
v6only-unheard
    no_port v6only_on_a_bound_socket_fails_as_without_the_library
no-port-left-on
    no_port listen_without_getsockname_gets_a_port
no-port-for-any-port
    no_port a_port_that_the_program_names_is_taken_at_bind
no-range
    port_range ports_come_from_that_range_only
    port_range full_search_looks_through_both_halves_at_once
backlog-replaced
    backlog a_larger_number_stays
    backlog minus_one_is_the_largest_number
    backlog 0_and_1_are_a_choice
backlog-signed
    backlog minus_one_is_the_largest_number
backlog-of-0-raised
    backlog 0_and_1_are_a_choice
one-call-too-many
    budget listen_costs_its_options_and_one_question
    budget connect_costs_its_options_and_one_question
    budget accept_costs_nothing
    budget a_section_for_another_program_costs_nothing
dry-run-sets
    log a_dry_run_sets_nothing_and_says_what_it_would
log-without-a-look
    log a_file_that_the_program_has_in_its_place_is_never_written_to
    log a_socket_that_the_program_has_in_its_place_is_never_written_to
prints
    log nothing_is_printed
errno-touched
    same with_forced_options
    bad_input errno_after_success_is_what_it_was_before
    bad_input a_refused_connect_is_refused
reads-wrong-pointers
    bad_input wrong_arguments_get_the_kernels_answer
"""


def guards():
    """{fault: [(file, test)]}"""
    found = {}
    for line in GUARDS_TEXT.split("\n"):
        if line.startswith(" "):
            found[fault].append(tuple(line.split()))
        elif line:
            fault = line
            found[fault] = []
    return found


def play(test, fault):
    """How one test ended, and what it said, with that fault ("": none)."""
    file, name = test
    done = subprocess.run(
        [sys.executable, "-B", FOLDER / f"{file}.py", SHIM, NAIVE, GUEST, TCPWRIGHT, "-k",
         f"*.test_{name}"],
        env={**os.environ, "TCPWRIGHT_TEST_FAULT": fault}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", timeout=110, check=False)
    return done.returncode, done.stdout


def main():
    if os.geteuid() != 0:
        skip("needs root to make network namespaces and to read other programs' sockets")
    # The control: the same library without a fault.
    skipped, wrong = set(), []
    faults = guards()
    for test in sorted({test for tests in faults.values() for test in tests}):
        code, said = play(test, "")
        if code == 77 or "skipped=" in said:
            skipped.add(test)
            print(f"skipped here: {test}")
        elif code != 0 or "Ran 1 test" not in said:
            wrong.append(f"{test} does not pass without any fault:\n{said}")
    caught = 0
    for fault, tests in faults.items():
        missed = [test for test in tests if test not in skipped and play(test, fault)[0] != 1]
        wrong += [f"{test} passes with the fault {fault}" for test in missed]
        caught += not missed and any(test not in skipped for test in tests)
    print(f"{caught} of {len(faults)} faults caught")
    for line in wrong:
        print(line)
    if wrong:
        end(1)
    end(0 if caught == len(faults) else 77)


if __name__ == "__main__":
    main()
