// What a line of the log is about, for those who match events and not words: an id for each, as
// journald's MESSAGE_ID. The ids are random, made once, and never change or come back; what to do
// about each is in packaging/systemd/cairn.catalog (journalctl -x).
#pragma once
#include <array>
#include <string>

namespace cairn {

enum class log_event {
  none,
  gateway_started,
  gateway_stopped,
  told_to_stop,
  coordinator_started,
  coordinator_stopped,
  configuration_taken,
  configuration_refused,
  restart_needed,
  testing_switch,
  thread_hangs,
  disk_is_slow,
  journal_recovered,
  journal_failed,
  journal_full,
  volume_failed,
  volume_grew,
  destaging_waits,
  destaging_goes_on,
  destaging_stopped,
  member_took_over,
  member_fenced,
  marker_voided,
  link_up,
  link_down,
  link_refused,
  control_up,
  control_down,
  control_refused,
  coordinator_replaced,
  markers_fail,
  markers_made_again,
  markers_not_applied,
  takeover_asked,
  takeover_done,
  takeover_failed,
  state_failed,
  state_waits,
  state_goes_on,
  host_refused,
};

struct log_event_id {
  log_event event;
  const char* name;
  const char* id;  // 128 bits in hex
};
inline constexpr std::array<log_event_id, 39> log_event_ids{{
    {log_event::gateway_started, "gateway_started", "ee09c99e0855b5a6ce1e45d4e1adf272"},
    {log_event::gateway_stopped, "gateway_stopped", "c8cdb5b69f75aa46f36acad28b1fd65a"},
    {log_event::told_to_stop, "told_to_stop", "13ab1680ed1766ec746456fceaf3c307"},
    {log_event::coordinator_started, "coordinator_started", "4f03c2957896992605ca5c03031e3714"},
    {log_event::coordinator_stopped, "coordinator_stopped", "c1c39bf93e54c73614aee6c88cc4bd39"},
    {log_event::configuration_taken, "configuration_taken", "6c2beb80d874c665f0c81d84c5699273"},
    {log_event::configuration_refused, "configuration_refused", "81b0ca3798147a92cdc44376f47c0f7b"},
    {log_event::restart_needed, "restart_needed", "d46da2f84610bbf3ab4d2072a795056c"},
    {log_event::testing_switch, "testing_switch", "0fb1419301107b400a0ab5a70bda1c3a"},
    {log_event::thread_hangs, "thread_hangs", "7a1820e4ffd4f9ef8de186cd3adb84fe"},
    {log_event::disk_is_slow, "disk_is_slow", "f9b16d88e76bde67d8c07d68f6ed0535"},
    {log_event::journal_recovered, "journal_recovered", "627499642ffde2a6a6d92c1bedc5c2c2"},
    {log_event::journal_failed, "journal_failed", "51ed0b5b2dbfc6e42a189a5f16ea6fad"},
    {log_event::journal_full, "journal_full", "5a7208213556822ed0785eb060559427"},
    {log_event::volume_failed, "volume_failed", "ab96da3731565412d6ee0e63e674a2b8"},
    {log_event::volume_grew, "volume_grew", "52484b9e0d25d6d63b46a06ecfc348ac"},
    {log_event::destaging_waits, "destaging_waits", "5e220517a318874a4f9a9c3e07d8b42c"},
    {log_event::destaging_goes_on, "destaging_goes_on", "17f4b4d48609d44862626258d8843e63"},
    {log_event::destaging_stopped, "destaging_stopped", "54bf4214bec1ff923169686a076f99ba"},
    {log_event::member_took_over, "member_took_over", "fa02c4d57ff5eecf4f8a3cd1034138e7"},
    {log_event::member_fenced, "member_fenced", "c6e81f936bb01189a4675dc064f07f39"},
    {log_event::marker_voided, "marker_voided", "a4921071843b33463b4227e78645b0d2"},
    {log_event::link_up, "link_up", "8a8e13fdb590d18fe0ea9660b64640d1"},
    {log_event::link_down, "link_down", "ac8ab2f680c955c67a89923fe258efcb"},
    {log_event::link_refused, "link_refused", "22798c7c23ebf71fe4bb8dfab97ed6c9"},
    {log_event::control_up, "control_up", "0656f3f4cdef34a7523142bd19b53f4a"},
    {log_event::control_down, "control_down", "2c76b4795a1c26e993a0062a7ab6436d"},
    {log_event::control_refused, "control_refused", "74dbf41364bfff90a60ba591b0ddd760"},
    {log_event::coordinator_replaced, "coordinator_replaced", "0b3aef9ba2c37dcad1c732a24c80eaac"},
    {log_event::markers_fail, "markers_fail", "fe2ffca06f667a48d6f9693f107c0a27"},
    {log_event::markers_made_again, "markers_made_again", "73db1016f4435917cdae985c3fbb7375"},
    {log_event::markers_not_applied, "markers_not_applied", "c92a708a0ef1384e6dc1cbc267d7a5df"},
    {log_event::takeover_asked, "takeover_asked", "48918dc01a28e545f7a4739e74317be4"},
    {log_event::takeover_done, "takeover_done", "a4188b97cc2af1be3d027898de37cccb"},
    {log_event::takeover_failed, "takeover_failed", "2a33172c011205d6e76cd942ab7f2e00"},
    {log_event::state_failed, "state_failed", "092711978b9e34314c6ce7c0ba099abb"},
    {log_event::state_waits, "state_waits", "39b31685ab6841f4bb7b2215e4337bd6"},
    {log_event::state_goes_on, "state_goes_on", "ccff4a64772a479eb8b7df23eebc27f5"},
    {log_event::host_refused, "host_refused", "06355c3e2d99e213e5c435b9d3c60841"},
}};

constexpr const char* id_of(log_event e) {
  for (const auto& each : log_event_ids)
    if (each.event == e) return each.id;
  return "";
}

// Whom a line is about; what is empty does not apply.
struct log_subject {
  std::string group, member, volume;
};

}  // namespace cairn
