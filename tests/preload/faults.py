"""The tests are tested: with each fault of a naive library (naive.c) the tests that guard against it must
fail, and without one the same tests must pass with the same library loaded."""
import os
import pathlib
import subprocess
import sys

from preload import SHIM, GUEST, NAIVE, TCPWRIGHT, end, skip

FOLDER = pathlib.Path(__file__).resolve().parent
# fault: the tests that guard against it
GUARDS = {
    "options-at-socket": ["inherit Inherit.test_a_socket_that_is_never_used_has_nothing",
                          "match Match.test_the_remote_port_of_a_client"],
    "options-on-anything": ["inherit Inherit.test_what_is_no_tcp_socket_is_left_alone"],
    "program-overridden": ["wins ProgramWins.test_a_program_that_says_it_all_keeps_it_all",
                           "wins ProgramWins.test_what_the_program_sets_to_the_default_stays",
                           "wins ProgramWins.test_off_is_a_choice_too",
                           "keepalive Keepalive.test_no_keepalive_where_the_program_has_a_user_timeout"],
    "one-choice-is-all": ["wins ProgramWins.test_a_program_that_only_says_keepalive_gets_the_idle_time"],
    "failed-calls-count": ["wins ProgramWins.test_a_call_that_failed_is_no_choice"],
    "record-by-descriptor": ["wins ProgramWins.test_another_descriptor_is_the_same_socket"],
    "program-unheard": [
        "wins ProgramWins.test_what_the_program_sets_to_the_default_stays",
        "wins ProgramWins.test_force_overrides_a_later_call",
        "keepalive Keepalive.test_no_user_timeout_where_the_program_has_keepalive",
        "keepalive Keepalive.test_no_keepalive_where_the_program_has_a_user_timeout",
        "keepalive Keepalive.test_keepalive_is_withdrawn_once_the_program_sets_a_user_timeout",
        "keepalive Keepalive.test_the_user_timeout_is_withdrawn_once_the_program_sets_keepalive",
        "keepalive Keepalive.test_a_program_with_a_short_user_timeout_outlives_a_short_outage"],
    "level-ignored": [
        "wins ProgramWins.test_an_option_of_the_same_number_on_another_level_is_another_option"],
    "writes-through-optval": ["wins ProgramWins.test_the_programs_value_is_not_written_to"],
    "raise-lowers": ["wins ProgramWins.test_raise_only_and_lower_only"],
    "auto-is-a-guess": ["keepalive Keepalive.test_auto_is_the_time_of_the_keepalive_in_force",
                        "keepalive Keepalive.test_auto_without_keepalive_sets_nothing"],
    "peer-ignored": ["match Match.test_the_peer_of_a_client",
                     "match Match.test_the_remote_port_of_a_client",
                     "match Match.test_ipv6_addresses"],
    "accept-unheard": ["inherit Inherit.test_the_priority_is_not_inherited_and_still_there",
                       "inherit Inherit.test_the_priority_by_accept4_as_well",
                       "wins ProgramWins.test_a_listener_from_elsewhere_keeps_what_is_no_default"],
    "ipv4-only": ["inherit Inherit.test_ip_tos_is_the_traffic_class_of_ipv6"],
    "set-after-connect": ["inherit Inherit.test_buffers_are_set_before_the_handshake"],
    "linger-1-0": [
        "linger Linger.test_drained_gives_the_peer_all_and_a_clean_end_and_leaves_no_time_wait",
        "linger Linger.test_drained_is_a_wait_of_minus_1_for_the_peers_end",
        "linger Linger.test_drained_holds_until_a_slow_reader_has_it_all",
        "linger Linger.test_drained_with_a_child_ends_when_the_last_owner_has_closed",
        "linger Linger.test_a_drained_client_has_its_ports_again_at_once"],
    "reset-at-close": [
        "linger Linger.test_drained_gives_the_peer_all_and_a_clean_end_and_leaves_no_time_wait",
        "linger Linger.test_drained_with_a_child_ends_when_the_last_owner_has_closed"],
    "drained-undone": [
        "linger Linger.test_drained_gives_the_peer_all_and_a_clean_end_and_leaves_no_time_wait",
        "linger Linger.test_a_drained_client_has_its_ports_again_at_once"],
    "reuse-before-bind": ["same Same.test_with_so_reuseaddr_where_the_program_does_without",
                          "reuse ReuseAddress.test_a_bind_that_serves_as_a_lock_still_locks",
                          "reuse ReuseAddress.test_nobody_takes_one_address_in_front_of_all",
                          "reuse ReuseAddress.test_clients_that_look_for_a_free_port_have_one_each",
                          "reuse ReuseAddress.test_it_is_not_set_where_bind_works_without",
                          "reuse ReuseAddress.test_it_is_off_again_after_a_failure"],
    "reuse-on-udp": ["reuse ReuseAddress.test_never_on_udp"],
    "reuse-left-on": ["reuse ReuseAddress.test_it_is_off_again_after_a_failure"],
    "reuse-on-until-listen": ["reuse ReuseAddress.test_of_two_that_restart_at_once_one_has_the_port",
                              "reuse ReuseAddress.test_a_bind_that_serves_as_a_lock_still_locks"],
    "reuse-not-at-listen": ["reuse ReuseAddress.test_it_is_on_at_listen_for_time_wait_to_inherit",
                            "reuse ReuseAddress.test_restart_after_restart"],
    "reuseport-everywhere": ["reuse ReusePort.test_only_on_the_ports_that_are_listed",
                             "reuse ReusePort.test_two_listeners_share_a_listed_port_and_no_other"],
    "getsockname-unheard": [
        "same Same.test_with_many_options",
        "no_port NoPort.test_getsockname_before_connect_tells_a_port_that_is_then_used",
        "no_port NoPort.test_getsockname_before_listen_tells_the_port_that_then_answers",
        "no_port NoPort.test_a_child_is_told_the_port_too"],
    "address-lost": ["same Same.test_with_many_options",
                     "no_port NoPort.test_with_the_range_full_getsockname_fails_and_the_address_stays",
                     "no_port NoPort.test_with_the_range_full_and_then_not_getsockname_tells_a_port"],
    "port-0-when-full": [
        "no_port NoPort.test_with_the_range_full_getsockname_fails_and_the_address_stays"],
    "second-bind-unheard": ["same Same.test_with_many_options",
                            "no_port NoPort.test_a_second_bind_fails_as_without_the_library"],
    "v6only-unheard": ["no_port NoPort.test_v6only_on_a_bound_socket_fails_as_without_the_library"],
    "no-port-left-on": ["no_port NoPort.test_listen_without_getsockname_gets_a_port"],
    "no-port-for-any-port": ["no_port NoPort.test_a_port_that_the_program_names_is_taken_at_bind"],
    "no-range": ["port_range PortRange.test_ports_come_from_that_range_only",
                 "port_range PortRange.test_full_search_looks_through_both_halves_at_once"],
    "backlog-replaced": ["backlog Backlog.test_a_larger_number_stays",
                         "backlog Backlog.test_minus_one_is_the_largest_number",
                         "backlog Backlog.test_0_and_1_are_a_choice"],
    "backlog-signed": ["backlog Backlog.test_minus_one_is_the_largest_number"],
    "backlog-of-0-raised": ["backlog Backlog.test_0_and_1_are_a_choice"],
    "one-call-too-many": ["budget Budget.test_listen_costs_its_options_and_one_question",
                          "budget Budget.test_connect_costs_its_options_and_one_question",
                          "budget Budget.test_accept_costs_nothing",
                          "budget Budget.test_a_section_for_another_program_costs_nothing"],
    "dry-run-sets": ["log Log.test_a_dry_run_sets_nothing_and_says_what_it_would"],
    "log-without-a-look": [
        "log Log.test_a_file_that_the_program_has_in_its_place_is_never_written_to",
        "log Log.test_a_socket_that_the_program_has_in_its_place_is_never_written_to"],
    "prints": ["log Log.test_nothing_is_printed"],
    "errno-touched": ["same Same.test_with_forced_options",
                      "bad_input BadCalls.test_errno_after_success_is_what_it_was_before",
                      "bad_input BadCalls.test_a_refused_connect_is_refused"],
    "reads-wrong-pointers": ["bad_input BadCalls.test_wrong_arguments_get_the_kernels_answer"],
}


def play(test, fault):
    """How one test ended, and what it said, with that fault ("": none)."""
    file, name = test.split()
    done = subprocess.run(
        [sys.executable, "-B", FOLDER / f"{file}.py", SHIM, NAIVE, GUEST, TCPWRIGHT, name],
        env={**os.environ, "TCPWRIGHT_TEST_FAULT": fault}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", timeout=110, check=False)
    return done.returncode, done.stdout


def main():
    if os.geteuid() != 0:
        skip("needs root to make network namespaces and to read other programs' sockets")
    # The control: the same library without a fault.
    skipped, wrong = set(), []
    for test in sorted({test for tests in GUARDS.values() for test in tests}):
        code, said = play(test, "")
        if code == 77 or "skipped=" in said:
            skipped.add(test)
            print(f"skipped here: {test}")
        elif code != 0:
            wrong.append(f"{test} fails without any fault:\n{said}")
    caught = 0
    for fault, tests in GUARDS.items():
        missed = [test for test in tests if test not in skipped and play(test, fault)[0] != 1]
        wrong += [f"{test} passes with the fault {fault}" for test in missed]
        caught += not missed and any(test not in skipped for test in tests)
    print(f"{caught} of {len(GUARDS)} faults caught")
    for line in wrong:
        print(line)
    if wrong:
        end(1)
    end(0 if caught == len(GUARDS) else 77)


if __name__ == "__main__":
    main()
