"""The deliberate bugs: each takes one rule away.

An edit is (file, text that stands there exactly once, text in its place). `caught_by` is the
simulator unless a unit test is the natural place: then the test program and its filter.
"""
from dataclasses import dataclass


@dataclass(frozen=True)
class Bug:
    name: str
    edits: tuple
    caught_by: str = "cairn-sim"
    filter: str = ""


def bug(name, *edits, **more):
    return Bug(name, edits, **more)


BUGS = [
    bug("usable if any member sealed",
        ("replication/selection_choice.cpp",
         "    if (std::ranges::all_of(answers, [&](const reported& a) { return entry_of(a, m.marker); }))",
         "    if (std::ranges::any_of(answers, [&](const reported& a) { return entry_of(a, m.marker); }))")),
    bug("minimum of the newest instead of the intersection",
        ("replication/selection_choice.cpp",
         "  if (answers.empty()) return common;\n",
         "  if (answers.empty()) return common;\n"
         "  marker_id least;\n"
         "  for (const reported& a : answers) {\n"
         "    if (a.markers.empty()) return common;\n"
         "    const marker_id newest = a.markers.back().marker;\n"
         "    if (!least || newest < least) least = newest;\n"
         "  }\n"
         "  if (least) return {least};\n")),
    bug("RELEASE before all INSERTED",
        ("replication/marker_round.cpp",
         "  running_->counted[member] = m.by;\n",
         "  running_->counted[member] = m.by;\n"
         "  out.emplace_back(send_control{member, release{m.marker, m.by}});\n")),
    bug("seal shipped before it is durable",
        ("gateway/member/primary_link.cpp",
         "  return std::min(finished, first_young.previous());",
         "  return std::max(finished, std::min(finished, first_young));")),
    bug("truncation by the latest incarnation only",
        ("replication/receiver_hello.cpp",
         "lowest = std::min(lowest, s.kept_to);",
         "lowest = std::min(last, s.kept_to);")),
    bug("segment recycled before its records are backed",
        ("gateway/volume/destager.cpp",
         "if (auto done = volumes_[v]->sync_backing(); !done)",
         "if (result<void> done; !done)")),
    bug("rows trusted above the durable watermark",
        ("journal/journal_space.cpp",
         "  batch.watermark = std::min(durable_, last);",
         "  batch.watermark = last;")),
    bug("segments reused without a new salt",
        ("journal/segment_space.cpp",
         "made->head.salt = random_.number();",
         "made->head.salt = 1;"),
        # In 5,000 seeds no start scans a file in which records of its old life would fit.
        caught_by="journal_test", filter="SpaceTest.NoLife*"),
    bug("apply past the target",
        ("gateway/member/secondary_apply.cpp",
         "  if (auto done = advance_to(*marker_at, backs_too::no); !done)",
         "  if (auto done = advance_to(core_.log().durable(), backs_too::no); !done)"),
        ("replication/watermarks.cpp",
         "void check_apply(sequence upto, sequence target) {\n",
         "void check_apply(sequence upto, sequence target) {\n  target = upto;\n")),
    bug("epoch of a secondary coordinator ignored",
        ("gateway/member/finished_takeover.cpp",
         "  if (asked < s.selection_epoch)\n",
         "  if (false)\n")),
    bug("selection epoch granted to two starts",
        ("gateway/member/finished_takeover.cpp",
         "    if (r.claim && r.selection_epoch == s.selection_epoch)\n",
         "    if (false)\n"),
        caught_by="gateway_test", filter="member_test.*SelectionEpoch*"),
    bug("epoch of a primary coordinator ignored",
        ("replication/hold.cpp", "  if (m.marker.made_in < epoch_)\n", "  if (false)\n")),
    bug("MARK leaves although its number was not kept",
        ("replication/marker_round.cpp",
         "  persisting_.on_failed(why, now_us);\n",
         "  if (why.code != 0) return on_persisted(marker, now_us);\n")),
    bug("REPORT, APPLY and PROMOTE leave although the state was not kept",
        ("replication/selection_decision.cpp",
         "  persisting_.on_failed(why, now_us);\n",
         "  if (why.code != 0) return on_persisted(lost, now_us);\n")),
    bug("what could not be kept stays decided",
        ("replication/selection_decision.cpp",
         "  state_ = durable_;\n", "")),
    bug("a failure that passes is taken for a final one",
        ("replication/persist_step.cpp",
         "  return why.is == error_class::final || why.is == error_class::damage;",
         "  return why.code != 0;")),
    bug("withheld writes readable",
        ("gateway/member/primary_hosts.cpp",
         "    gate_.pass(slot.what.seq, [this, slot, op] {\n      publish(slot);\n",
         "    publish(slot), gate_.pass(slot.what.seq, [op] {\n")),
    bug("incarnation not durable before HELLO",
        ("journal/recovery.cpp",
         "    if (made_start_) CAIRN_TRY(catalog_.add_start(*made_start_));\n", ""),
        ("journal/journal_open.cpp",
         "  auto made = space_.prepare(append_purpose::start);\n",
         "  auto made = space_.prepare(append_purpose::start);\n"
         "  if (state().role == member_role::primary)\n"
         "    CAIRN_TRY(catalog_.with([this](auto& c) {\n"
         "      return commit(*c, database::durability::normal,\n"
         "                    [&] { return c->add_start(starts().back()); });\n"
         "    }));\n")),
    bug("a secondary's recovery makes gaps",
        ("journal/recovery.cpp",
         "  if (keeps_to_holes())\n    fill_holes();\n  else\n    cut_at_hole();\n",
         "  fill_holes();\n")),
    bug("a void-range taken for one sequence",
        ("journal/recovery.cpp",
         "    if (first_of(each.what.what) != expected) break;\n    kept_",
         "    if (each.what.what.seq != expected) break;\n    kept_"),
        caught_by="journal_test", filter="VoidRangeTest.*"),
    bug("kinds taken that this side told nothing of",
        ("replication/receiver.cpp",
         "  if ((features_ & needed_for(r.kind)) != needed_for(r.kind))\n",
         "  if (needed_for(r.kind) == ~std::uint64_t{0})\n"),
        caught_by="replication_test", filter="stretch_test.*"),
    bug("RELEASE obeyed after a restart",
        ("replication/hold.cpp", " || r.counted != current) return", ") return static_cast<void>(current),"),
        ),
    bug("unfinished appends readable",
        ("gateway/member/primary_hosts.cpp",
         "  if (!slot) return slot;\n  if (auto written",
         "  if (!slot) return slot;\n"
         "  if (changes_volume(draft.kind)) core_.table()[draft.volume - 1]->enter(slot->what, slot->at);\n"
         "  if (auto written")),
    bug("REPORT without the target",
        ("gateway/member/finished_takeover.cpp", "  answer.target = state.target;\n", ""),
        ("gateway/member/finished_takeover.cpp",
         "log.markers(s.target_sequence)", "log.markers(s.target_sequence.next())")),
    bug("appends share a block with what a sync covers",
        ("journal/journal_sync.cpp", "  fresh_block_ = true;\n", "  fresh_block_ = false;\n"),
        caught_by="member_power_test", filter="MemberPower.*"),
    bug("recovery trusts what may be in the page cache only",
        ("journal/recovery.cpp", "  CAIRN_TRY(sync_scanned());\n", ""),
        caught_by="member_power_test", filter="MemberPower.*"),
    bug("segment used again before its rows are gone durably",
        ("journal/journal_space.cpp",
         "    CAIRN_TRY(commit(*c, database::durability::full, [&]() -> result<void> {\n"
         "      for (const auto number : numbers)",
         "    CAIRN_TRY(commit(*c, database::durability::normal, [&]() -> result<void> {\n"
         "      for (const auto number : numbers)"),
        caught_by="member_power_test", filter="MemberPower.*"),
    # What only ordeals (tests/sim/ordeal.h) get into:
    bug("a full journal frees only what it has freed",
        ("gateway/member/primary_link.cpp",
         "return v.known ? std::min(backed, v.stored) : core_.log().trimmed();",
         "return std::min(std::min(backed, v.stored), core_.log().trimmed());")),
    bug("a failed fsync of the journal is tried again",
        ("journal/journal_sync.cpp", "      fail_journal(synced.error().text);\n", "")),
    bug("a failed fsync of a backing file is tried again",
        ("gateway/volume/destager.cpp",
         "      volumes_[v]->fail_for_good(done.error().text);\n", ""),
        ("gateway/member/destaging.cpp",
         "  stopped_ = true;\n  tell(\"stopped: \" + backed", "  tell(\"stopped: \" + backed")),
    bug("an append that failed counts as written",
        ("journal/journal_append.cpp",
         "  finish({gap, slot.at});\n", "  finish({slot.what, slot.at});\n")),
    bug("a segment without all its space is used",
        ("journal/segment_space.cpp",
         "if (from.fresh) CAIRN_TRY(made->store->allocate(bounds_.segment_bytes));",
         "if (from.fresh) (void)!made->store->allocate(bounds_.segment_bytes);")),
    bug("a primary whose secondary was taken over is not told on its old connection",
        ("gateway/link/receiving_end.cpp",
         "  if (state.role == member_role::secondary) return {};\n",
         "  if (state.role != member_role::fenced) return {};\n")),
    bug("a primary answers as one that was promoted",
        ("gateway/member/member_faces.cpp",
         "return core_.log().state().promoted ? &finished_ : nullptr;", "return &finished_;")),
    bug("an older copy of a primary is taken",
        ("replication/receiver_hello.cpp",
         "  if (newest(theirs.starts) < known)\n", "  if (false)\n"),
        ("replication/receiver_hello.cpp",
         "    if (std::ranges::find(theirs.starts, s) == theirs.starts.end())\n",
         "    if (false)\n")),
    bug("a hold ends only when the disk lets it",
        ("gateway/member/primary_rounds.cpp",
         "  auto o = gate_.on_time(now);\n",
         "  if (core_.log().finished() < core_.log().assigned()) return;\n"
         "  auto o = gate_.on_time(now);\n")),
    bug("data that rotted is sent",
        ("journal/scan.cpp",
         "  if (crc32c(there.subspan(record_header_bytes, header->data_length)) != header->data_crc)\n",
         "  if (header->data_length > there.size())\n")),
    bug("want of a descriptor fails the journal for good",
        ("journal/segment_space.cpp",
         "  if (!opened) return fail(opened.error());\n  made->store",
         "  if (!opened) owner_.sync_failed(opened.error().text);\n"
         "  if (!opened) return fail(opened.error());\n  made->store")),
]
