// How a member comes up: journal, volumes, what recovery left to do.
#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "gateway/member/member_impl.h"

namespace cairn {
namespace {

journal_options options_of(const member_config& c) {
  journal_options o;
  o.directory = c.journal;
  o.group = c.group;
  o.member = c.name;
  o.first_role = c.role;
  o.segment_bytes = c.segment_bytes;
  o.size_max = c.journal_size_bytes;
  return o;
}

std::string sixteen_digits(std::uint64_t n) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(16, '0');
  for (int i = 15; i >= 0; --i, n >>= 4) out[static_cast<std::size_t>(i)] = digits[n & 15];
  return out;
}

// What is known of a volume that the journal has not seen before. A primary names it for good; a
// secondary waits for its primary's HELLO, and leaves index and ids empty.
volume_identity newborn(const volume_config& c, std::uint64_t size, bool empty, std::uint32_t index,
                        bool primary, random_source& random) {
  volume_identity v;
  v.name = c.name;
  v.size_bytes = size;
  v.born_empty = empty;
  if (!primary) return v;
  v.index = index;
  v.id = random.make_uuid();
  v.naa = 3ULL << 60 | (random.number() & ((1ULL << 60) - 1));
  v.serial = sixteen_digits(random.number());
  return v;
}

const volume_identity* named(const std::vector<volume_identity>& all, const std::string& name) {
  for (const auto& v : all)
    if (v.name == name) return &v;
  return nullptr;
}

result<void> all_configured(const std::vector<volume_identity>& known, const member_config& c) {
  for (const auto& v : known) {
    bool found = false;
    for (const auto& configured : c.volumes) found = found || configured.name == v.name;
    if (!found)
      return fail(EINVAL, "member " + c.name + ": volume " + v.name +
                              " is in the journal but not in the configuration");
  }
  return {};
}

result<member_core::volume_list> open_volumes(disk& on, const member_config& c, journal& log,
                                              random_source& random) {
  const auto known = log.volumes();
  CAIRN_TRY(all_configured(known, c));
  const bool primary = log.state().role != member_role::secondary;
  std::vector<volume_identity> all;
  auto last_index = static_cast<std::uint32_t>(known.size());
  member_core::volume_list out;
  for (const auto& v : c.volumes) {
    const auto* old = named(known, v.name);
    auto backing = open_backing(on, v, old, journal_options{}.lock_wait_ms);
    if (!backing) return fail(backing.error());
    const auto size = backing->size_bytes;
    if (old && size < old->size_bytes) return fail(shrinks(*old, size));
    if (old && size > old->size_bytes)
      log_notice(grows(*old, size), log_event::volume_grew, {c.group, c.name, v.name});
    all.push_back(old ? *old : newborn(v, size, backing->empty, ++last_index, primary, random));
    all.back().size_bytes = size;
    out.push_back(std::make_unique<volume>(all.back(), std::move(backing->at),
                                           log_subject{c.group, c.name, v.name}));
  }
  const auto is_known = [&](const volume_identity& v) { return std::ranges::count(known, v) > 0; };
  if (!std::ranges::all_of(all, is_known)) CAIRN_TRY(log.save_volumes(all));
  return out;
}

// Gaps are writes that were never acknowledged, or not durable at a loss of power.
void tell_recovery(const member_config& of, const recovery_report& found) {
  if (found.made_new) return;
  const log_subject about{of.group, of.name, {}};
  const std::string text = "member " + of.name + ": the journal ends at record " +
                           std::to_string(found.last_found.value) + "; " +
                           std::to_string(found.records_scanned) +
                           " records were found behind the durable watermark " +
                           std::to_string(found.durable_watermark.value);
  if (found.gaps.empty()) return log_notice(text, log_event::journal_recovered, about);
  log_warning(text + "; " + std::to_string(found.gaps.size()) + " became gaps, the first is " +
                  std::to_string(found.gaps.front().value),
              log_event::journal_recovered, about);
}

}  // namespace

result<std::unique_ptr<member>> member::open(disk& on, const member_config& config,
                                             const std::string& gateway_name,
                                             const testing_config& testing, random_source& random) {
  recovery_report found;
  auto log = journal::open(on, options_of(config), random, &found);
  if (!log) return fail(log.error());
  tell_recovery(config, found);
  auto volumes = open_volumes(on, config, **log, random);
  if (!volumes) return fail(volumes.error());
  auto m = std::make_unique<member_impl>(config, gateway_name, testing, std::move(*log),
                                         std::move(*volumes));
  CAIRN_TRY(m->restore(found));
  return std::unique_ptr<member>(std::move(m));
}

member_impl::member_impl(const member_config& config, std::string gateway_name,
                         const testing_config& testing, std::unique_ptr<journal> log,
                         member_core::volume_list volumes)
    : gateway_name_(std::move(gateway_name)),
      testing_(testing),
      core_(config, std::move(log), std::move(volumes)),
      destages_(core_, !testing.destage),
      finished_(core_),
      catalog_thread_(core_.sentence("catalog")),
      destage_thread_(core_.sentence("destage")) {
  if (testing.hang == "catalog") catalog_thread_.hang_instead();
  if (testing.hang == "destage") destage_thread_.hang_instead();
}

member_impl::~member_impl() { stop(); }

result<void> member_impl::restore(const recovery_report& found) {
  CAIRN_TRY(core_.index_volumes());
  restore_lag(found);
  if (core_.role() == member_role::secondary) {
    secondary_ = std::make_unique<secondary_side>(core_, destages_, [this] { become_primary(); });
    return secondary_->restore();
  }
  owned_primary_ = make_primary();
  primary_ = owned_primary_.get();
  CAIRN_TRY(owned_primary_->restore(found.unsealed));
  if (const auto because = core_.log().state().fenced_because; !because.empty())
    log_warning("member " + config().name + " is fenced: " + because, log_event::member_fenced,
                core_.subject());
  return {};
}

std::unique_ptr<primary_side> member_impl::make_primary() {
  return std::make_unique<primary_side>(core_, destages_, testing_);
}

// Hosts' writes are refused until the role says so, too.
void member_impl::become_primary() {
  owned_primary_ = make_primary();
  if (running_) owned_primary_->start();
  primary_ = owned_primary_.get();
}

// So that lag is told right after a restart, too: what is still in the journal counts as added now.
void member_impl::restore_lag(const recovery_report& found) {
  const auto now = std::chrono::steady_clock::now();
  core_.lag().with([&](lag_samples& s) {
    for (const auto& [index, held] : found.held)
      if (index > 0 && index <= core_.volumes().size())
        s.add(index - 1, volume_count{held.bytes, held.records}, core_.log().assigned(), now);
  });
}

}  // namespace cairn
