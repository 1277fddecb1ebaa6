// Control messages of life_messages.h to and from heads.
#include "replication/wire_fields.h"
#include "replication/wire_life.h"

namespace cairn {
namespace {

// ---- out

void put(const drop& m, wire::control_head& head) {
  head.mutable_drop()->set_selection_epoch(m.selection_epoch.value);
  put_marker(m.above, head.mutable_drop()->mutable_above());
  head.mutable_drop()->set_lineage(id_or_nothing(m.lineage));
}

void put(const dropped& m, wire::control_head& head) {
  head.mutable_dropped()->set_selection_epoch(m.selection_epoch.value);
  head.mutable_dropped()->set_last(m.last.value);
}

void put(const fence& m, wire::control_head& head) {
  head.mutable_fence()->set_lineage(id_field(m.lineage));
  head.mutable_fence()->set_generation(m.generation);
}

void put(const fenced& m, wire::control_head& head) {
  head.mutable_fenced()->set_lineage(id_field(m.lineage));
}

void put(const ask_switchover& m, wire::control_head& head) {
  head.mutable_ask_switchover()->set_selection_epoch(m.selection_epoch.value);
  head.mutable_ask_switchover()->set_id(id_field(m.id));
}

void put(const final_stored& m, wire::control_head& head) {
  head.mutable_final_stored()->set_id(id_field(m.id));
  head.mutable_final_stored()->set_at(m.at.value);
}

void put(const commit_switchover& m, wire::control_head& head) {
  head.mutable_commit_switchover()->set_selection_epoch(m.selection_epoch.value);
  head.mutable_commit_switchover()->set_id(id_field(m.id));
  head.mutable_commit_switchover()->set_opened(id_field(m.opened));
}

void put(const abort_switchover& m, wire::control_head& head) {
  head.mutable_abort_switchover()->set_selection_epoch(m.selection_epoch.value);
  head.mutable_abort_switchover()->set_id(id_field(m.id));
  head.mutable_abort_switchover()->set_fences(m.fences);
}

void put(const switchover_ended& m, wire::control_head& head) {
  head.mutable_switchover_ended()->set_id(id_field(m.id));
  head.mutable_switchover_ended()->set_refused(sentence_field(m.refused));
}

// ---- in

// Of requests: 0 is no epoch.
epoch take_epoch(field_reader& read, std::uint64_t raw) {
  const auto e = read.numbered<epoch>(raw, "selection_epoch");
  if (!e) read.refuse("selection_epoch", "is missing");
  return e;
}

result<control_life_message> take(const wire::drop& in) {
  field_reader read("DROP");
  const drop m{take_epoch(read, in.selection_epoch()), read.marker(in.above(), "above"),
               read.id_or_nil(in.lineage(), "lineage")};
  return read.done<control_life_message>(m);
}

result<control_life_message> take(const wire::dropped& in) {
  field_reader read("DROPPED");
  const dropped m{take_epoch(read, in.selection_epoch()),
                  read.numbered<sequence>(in.last(), "last")};
  return read.done<control_life_message>(m);
}

result<control_life_message> take(const wire::fence& in) {
  field_reader read("FENCE");
  const fence m{read.id(in.lineage(), "lineage"), read.amount(in.generation(), "generation")};
  if (m.generation == 0) read.refuse("generation", "is that of the first lineage");
  return read.done<control_life_message>(m);
}

result<control_life_message> take(const wire::fenced& in) {
  field_reader read("FENCED");
  const fenced m{read.id(in.lineage(), "lineage")};
  return read.done<control_life_message>(m);
}

result<control_life_message> take(const wire::ask_switchover& in) {
  field_reader read("SWITCHOVER");
  const ask_switchover m{take_epoch(read, in.selection_epoch()), read.id(in.id(), "id")};
  return read.done<control_life_message>(m);
}

result<control_life_message> take(const wire::final_stored& in) {
  field_reader read("FINAL STORED");
  const final_stored m{read.id(in.id(), "id"), read.numbered<sequence>(in.at(), "at")};
  if (!m.at) read.refuse("at", "is missing");
  return read.done<control_life_message>(m);
}

result<control_life_message> take(const wire::commit_switchover& in) {
  field_reader read("COMMIT");
  const commit_switchover m{take_epoch(read, in.selection_epoch()), read.id(in.id(), "id"),
                            read.id(in.opened(), "lineage")};
  return read.done<control_life_message>(m);
}

result<control_life_message> take(const wire::abort_switchover& in) {
  field_reader read("ABORT");
  const abort_switchover m{take_epoch(read, in.selection_epoch()), read.id(in.id(), "id"),
                           in.fences()};
  return read.done<control_life_message>(m);
}

result<control_life_message> take(const wire::switchover_ended& in) {
  field_reader read("end of a switchover");
  const switchover_ended m{read.id(in.id(), "id"), read.sentence(in.refused(), "refused")};
  return read.done<control_life_message>(m);
}

}  // namespace

bytes encode_life(const control_life_message& m) {
  wire::control_head head;
  std::visit([&](const auto& one) { put(one, head); }, m);
  return make_frame(head.SerializeAsString(), 0);
}

result<control_life_message> decode_control_life(byte_view prefix, byte_view head) {
  CAIRN_TRY(check_frame(prefix, head, {}));
  wire::control_head parsed;
  if (!parsed.ParseFromArray(head.data(), static_cast<int>(head.size())))
    return fail(EPROTO, "frame: its head is not a control message");
  if (parsed.has_drop()) return take(parsed.drop());
  if (parsed.has_dropped()) return take(parsed.dropped());
  if (parsed.has_fence()) return take(parsed.fence());
  if (parsed.has_fenced()) return take(parsed.fenced());
  if (parsed.has_ask_switchover()) return take(parsed.ask_switchover());
  if (parsed.has_final_stored()) return take(parsed.final_stored());
  if (parsed.has_commit_switchover()) return take(parsed.commit_switchover());
  if (parsed.has_abort_switchover()) return take(parsed.abort_switchover());
  if (parsed.has_switchover_ended()) return take(parsed.switchover_ended());
  return fail(EPROTO, "frame: holds no message of a resync or a switchover");
}

}  // namespace cairn
