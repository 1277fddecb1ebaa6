#include "gateway/member/member_core.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/log.h"

namespace cairn {
namespace {

constexpr std::size_t rows_at_once = 16'384;

}  // namespace

member_core::member_core(const member_config& config, std::unique_ptr<journal> log,
                         volume_list volumes)
    : config_(config),
      log_(std::move(log)),
      volumes_(std::move(volumes)),
      role_(log_->state().role),
      lag_(volumes_.size()) {}

std::pair<epoch, marker_number> member_core::highest_marker() const {
  const auto state = log_->state();
  std::pair highest(state.marker_epoch, state.marker_last);
  if (const auto newest = log_->newest_marker()) {
    highest.first = std::max(highest.first, newest->body.marker.made_in);
    highest.second = std::max(highest.second, newest->body.marker.number);
  }
  return highest;
}

result<void> member_core::index_volumes() {
  table_.assign(volumes_.size(), nullptr);
  for (const auto& v : volumes_) {
    const auto index = v->identity().index;
    if (index == 0) continue;
    if (index > table_.size() || table_[index - 1] != nullptr)
      return fail(EINVAL, sentence("volume " + v->identity().name + " has index " +
                                   std::to_string(index) + " out of order"));
    table_[index - 1] = v.get();
  }
  return {};
}

std::vector<volume_facts> member_core::facts() const {
  std::vector<volume_facts> out;
  for (const auto& v : volumes_) {
    const auto i = v->identity();
    const bool writable = role_ == member_role::primary && i.index != 0;
    out.push_back({i.name, i.id, i.size_bytes, i.naa, i.serial, writable});
  }
  return out;
}

result<void> member_core::read(std::size_t volume, byte_span out, std::uint64_t offset) const {
  CAIRN_TRY(at(volume).healthy());
  for (;;) {
    const auto before = generation_.load();
    auto done = at(volume).read(out, offset, *log_);
    if (generation_.load() == before) return done;
  }
}

result<void> member_core::each_row(sequence behind, sequence upto,
                                   const std::function<void(const row&)>& f) const {
  while (behind < upto) {
    auto some = log_->rows(behind.next(), upto, rows_at_once, ~std::uint64_t{0});
    if (!some) return fail(some.error());
    if (some->empty())
      return fail(EIO, "the journal has no record " + std::to_string(behind.value + 1));
    behind = some->back().what.seq;
    for (const row& r : *some) f(r);
    beat();
  }
  return {};
}

result<void> member_core::sync() {
  const std::uint64_t covered = changed_bytes_;
  CAIRN_TRY(log_->sync());
  synced_bytes_ = covered;
  return {};
}

void member_core::set_link(link_state state, const std::string& because) {
  const bool news = link_.with([&](link_view& v) {
    const bool changed = v.state != state || v.because != because;
    v = {state, because};
    return changed;
  });
  if (!news) return;
  const auto told =
      sentence(std::string("link ") + name_of(state) + (because.empty() ? "" : ": " + because));
  if (state == link_state::refused)
    log_error(told, log_event::link_refused, subject());
  else
    log_notice(told, state == link_state::connected ? log_event::link_up : log_event::link_down,
               subject());
}

void member_core::link_lost() {
  link_.with([](link_view& v) { v.state = link_state::connecting; });
}

member_core::link_view member_core::link() const {
  return link_.with([](const link_view& v) { return v; });
}

std::string member_core::sentence(const std::string& what) const {
  return "member " + config_.name + ": " + what;
}

control_refusal member_core::refuse(const char* about, marker_id m, const std::string& why) const {
  control_refusal r;
  r.about = about;
  r.reason = sentence(why);
  r.marker = m;
  r.highest_epoch = log_->state().selection_epoch;
  return r;
}

}  // namespace cairn
