#include "iscsi/login.h"

#include <fmt/format.h>

#include <map>

#include "iscsi/admission.h"
#include "iscsi/scsi/device.h"

namespace cairn::iscsi {
namespace {

constexpr unsigned requests_max = 32;  // an initiator needs 2 to 6
constexpr std::size_t login_text_bytes_max = 64U << 10;
constexpr std::size_t response_text_bytes_max = 8192;  // MaxRecvDataSegmentLength is not known yet

enum stage : std::uint8_t { security = 0, operational = 1, full_feature = 3 };

// Byte 1 of login requests and responses.
struct stage_flags {
  bool transit = false;  // T: leaves `from` for `to`
  bool more = false;     // C: the text goes on in the next PDU
  std::uint8_t from = 0, to = 0;

  static stage_flags of(const header& h) {
    const auto f = h.flags();
    return {(f & 0x80) != 0, (f & 0x40) != 0, static_cast<std::uint8_t>(f >> 2 & 3),
            static_cast<std::uint8_t>(f & 3)};
  }
  std::uint8_t octet() const {
    return static_cast<std::uint8_t>((transit ? 0x80 : 0) | (more ? 0x40 : 0) | from << 2 |
                                     (transit ? to : 0));
  }
};

// Header fields that are the same in all requests of a login.
struct connection_tag {
  std::uint64_t isid = 0;
  std::uint16_t tsih = 0;
  std::uint16_t cid = 0;

  static connection_tag of(const header& h) {
    return {h.number(field::isid, 6), h.u16(field::tsih), h.u16(field::cid)};
  }
  friend bool operator==(const connection_tag&, const connection_tag&) = default;
};

tl::unexpected<login_refusal> malformed(std::string because) {
  return refuse(login_status::initiator_error, std::move(because));
}

unless_refused<void> check_stages(const stage_flags& f) {
  if (f.from != security && f.from != operational) return malformed("a stage that is none");
  if (f.transit && f.more) return malformed("a transit with a text that goes on");
  if (f.transit && (f.to <= f.from || f.to == 2)) return malformed("a next stage that is none");
  return {};
}

// Answers to what we said, not offers: nothing is to be answered.
bool is_verdict(std::string_view value) {
  return value == "NotUnderstood" || value == "Irrelevant" || value == "Reject";
}

}  // namespace

std::string session_identity::initiator_port() const {
  return fmt::format("{},i,0x{:012x}", initiator, isid);
}

class login::impl {
 public:
  impl(const login_rules& rules, random_source& random, opener open)
      : rules_(rules), random_(random), open_(std::move(open)) {}

  reply on_request(const pdu& request);

  session_identity identity;
  session_parameters parameters;
  std::uint16_t tsih = 0;
  std::uint32_t cmd_sn = 0;
  std::uint32_t stat_sn = 1;

 private:
  unless_refused<reply> accept(const pdu& request);
  unless_refused<void> check_bounds(const pdu& request);
  unless_refused<void> check_header(const header& h);
  unless_refused<void> take_text(byte_view text);
  unless_refused<void> begin(const text_list& keys, text_list& out);
  unless_refused<text_list> to_negotiate(const text_list& keys, bool first);
  unless_refused<void> note(const text_pair& pair, bool first);
  unless_refused<void> on_stage(const text_list& keys, text_list& out);
  unless_refused<bool> may_leave(const stage_flags& asked);
  unless_refused<reply> answer(const header& request, const stage_flags& asked);
  unless_refused<void> open_session();
  outgoing respond(const header& request, stage_flags f, login_status s);

  const login_rules& rules_;
  random_source& random_;
  const opener open_;

  unsigned requests_ = 0;
  std::size_t text_bytes_ = 0;  // of all requests
  std::optional<connection_tag> tag_;
  std::uint8_t stage_ = security;
  bool over_ = false;      // established or refused
  bool declared_ = false;  // our MaxRecvDataSegmentLength was sent
  gathered_text gathered_;
  parted_text parted_;
  std::map<std::string, std::string> said_;  // keys of the initiator, so far
  std::optional<login_security> security_;   // from the first text on, as negotiation_
  std::optional<negotiation> negotiation_;
};

login::reply login::impl::on_request(const pdu& request) {
  auto done = accept(request);
  if (done) return *std::move(done);
  over_ = true;
  const auto& [status, because] = done.error();
  return {respond(request.head, {}, status), false, true, because};
}

unless_refused<login::reply> login::impl::accept(const pdu& request) {
  CAIRN_ISCSI_TRY(check_bounds(request));
  CAIRN_ISCSI_TRY(check_header(request.head));
  const auto asked = stage_flags::of(request.head);
  if (!parted_.empty()) {
    if (asked.more || !request.data.empty()) return malformed("text before ours was at its end");
    return answer(request.head, asked);
  }
  if (const auto added = gathered_.add(request.data); !added) return malformed(added.error().text);
  if (asked.more) {
    return reply{respond(request.head, {false, false, stage_, 0}, login_status::success), false,
                 false, ""};
  }
  CAIRN_ISCSI_TRY(take_text(gathered_.take()));
  return answer(request.head, asked);
}

unless_refused<void> login::impl::check_bounds(const pdu& request) {
  if (over_ || !request.head.is(opcode::login_request)) {
    return refuse(login_status::no_login_request,
                  fmt::format("a PDU {:#04x} during the login", request.head.op()));
  }
  if (++requests_ > requests_max) return malformed("more requests than a login needs");
  text_bytes_ += request.data.size();
  if (text_bytes_ > login_text_bytes_max) return malformed("more text than a login needs");
  if (!request.ahs.empty()) return malformed("a login request with an additional header");
  return {};
}

unless_refused<void> login::impl::check_header(const header& h) {
  constexpr std::size_t version_min = 3;  // the highest is 0 at least
  if (h.u8(version_min) != 0) {
    return refuse(login_status::unsupported_version, "it needs a later version than 0");
  }
  const auto asked = stage_flags::of(h);
  CAIRN_ISCSI_TRY(check_stages(asked));
  const auto tag = connection_tag::of(h);
  if (!tag_) {
    tag_ = tag;
    stage_ = asked.from;
  }
  if (tag != *tag_) return malformed("another ISID, TSIH or CID than before");
  if (asked.from != stage_) return malformed("another stage than the login is in");
  cmd_sn = h.u32(field::cmd_sn);
  return {};
}

unless_refused<void> login::impl::take_text(byte_view text) {
  const auto keys = parse_text(text);
  if (!keys) return malformed(keys.error().text);
  text_list out;
  const bool first = !security_;
  if (first) CAIRN_ISCSI_TRY(begin(*keys, out));
  const auto offers = to_negotiate(*keys, first);
  if (!offers) return tl::unexpected(offers.error());
  CAIRN_ISCSI_TRY(on_stage(*offers, out));
  parted_.put(encode_text(out));
  return {};
}

// The first text of a login names who logs in and where.
unless_refused<void> login::impl::begin(const text_list& keys, text_list& out) {
  auto admitted = admit(keys, rules_);
  if (!admitted) return tl::unexpected(admitted.error());
  const auto* target = admitted->target;
  identity = {admitted->initiator, tag_->isid, admitted->discovery, target ? target->name : "",
              tag_->cid};
  security_.emplace(target ? target->auth : rules_.discovery, rules_.digests, random_);
  negotiation_.emplace(identity.discovery);
  if (target == nullptr) return {};
  if (!target->alias.empty()) out.push_back({"TargetAlias", target->alias});
  out.push_back({"TargetPortalGroupTag", std::to_string(scsi::target_port)});
  return {};
}

// The keys that are to be answered; the others are noted or refused.
unless_refused<text_list> login::impl::to_negotiate(const text_list& keys, bool first) {
  text_list offers;
  for (const auto& pair : keys) {
    CAIRN_ISCSI_TRY(note(pair, first));
    if (is_naming_key(pair.key) || is_target_key(pair.key)) continue;
    if (is_verdict(pair.value) && !is_operational_key(pair.key)) continue;
    offers.push_back(pair);
  }
  return offers;
}

unless_refused<void> login::impl::note(const text_pair& pair, bool first) {
  const auto& [key, value] = pair;
  const auto [before, is_new] = said_.try_emplace(key, value);
  if (is_target_key(key) && !is_verdict(value)) return malformed(key + " is sent by targets");
  if (is_naming_key(key)) {
    const bool in_place = is_new ? first || key == "InitiatorAlias" : before->second == value;
    return in_place ? unless_refused<void>() : malformed(key + " came late or changed");
  }
  if (!is_new) return malformed(key + " was negotiated before");
  return {};
}

unless_refused<void> login::impl::on_stage(const text_list& keys, text_list& out) {
  text_list proofs, offers;
  for (const auto& pair : keys) (is_security_key(pair.key) ? proofs : offers).push_back(pair);
  if (stage_ == operational) {
    if (!security_->passed()) {
      return refuse(login_status::authentication_failed, "it does not authenticate itself");
    }
    if (!proofs.empty()) return malformed(proofs.front().key + " after the security stage");
    CAIRN_ISCSI_TRY(negotiation_->on_keys(offers, out));
    if (declared_) return {};
    declared_ = true;
    out.push_back({"MaxRecvDataSegmentLength", std::to_string(rules_.data_segment_max)});
    return {};
  }
  for (const auto& offer : offers) {
    if (is_operational_key(offer.key) && offer.key != "MaxRecvDataSegmentLength") {
      return malformed(offer.key + " in the security stage");
    }
  }
  CAIRN_ISCSI_TRY(security_->on_keys(proofs, out));
  return negotiation_->on_keys(offers, out);
}

unless_refused<bool> login::impl::may_leave(const stage_flags& asked) {
  if (!asked.transit || !parted_.empty()) return false;
  if (security_->passed()) return true;
  if (!security_->began()) {
    return refuse(login_status::authentication_failed, "it leaves the stage without AuthMethod");
  }
  return false;
}

unless_refused<login::reply> login::impl::answer(const header& request, const stage_flags& asked) {
  auto part = parted_.next(response_text_bytes_max);
  const auto leaves = may_leave(asked);
  if (!leaves) return tl::unexpected(leaves.error());
  const bool established = *leaves && asked.to == full_feature;
  if (established) CAIRN_ISCSI_TRY(open_session());
  reply out;
  out.established = established;
  out.response =
      respond(request, {*leaves, !parted_.empty(), stage_, asked.to}, login_status::success);
  out.response.data = std::move(part);
  out.response.head.set(field::data_length, out.response.data.size(), 3);
  if (*leaves) stage_ = asked.to;
  return out;
}

unless_refused<void> login::impl::open_session() {
  parameters = negotiation_->agreed();
  const auto opened = open_(identity, tag_->tsih);
  if (!opened) {
    return refuse(static_cast<login_status>(opened.error()), "the session was not opened");
  }
  tsih = *opened;
  over_ = true;
  return {};
}

outgoing login::impl::respond(const header& request, stage_flags f, login_status s) {
  constexpr std::size_t status_at = 36;
  outgoing out;
  out.head = header(opcode::login_response);
  out.head.set(field::flags, f.octet(), 1)
      .set(field::isid, request.number(field::isid, 6), 6)
      .set(field::tsih, tsih != 0 ? tsih : request.u16(field::tsih), 2)
      .set(field::task_tag, request.task_tag(), 4)
      .set(field::stat_sn, stat_sn++, 4)
      .set(field::exp_cmd_sn, cmd_sn, 4)
      .set(field::max_cmd_sn, cmd_sn, 4)
      .set(status_at, static_cast<std::uint16_t>(s), 2);
  return out;
}

login::login(const login_rules& rules, random_source& random, opener open)
    : impl_(std::make_unique<impl>(rules, random, std::move(open))) {}
login::~login() = default;

login::reply login::on_request(const pdu& request) { return impl_->on_request(request); }
const session_identity& login::identity() const { return impl_->identity; }
const session_parameters& login::parameters() const { return impl_->parameters; }
std::uint16_t login::tsih() const { return impl_->tsih; }
std::uint32_t login::next_cmd_sn() const { return impl_->cmd_sn; }
std::uint32_t login::next_stat_sn() const { return impl_->stat_sn; }

}  // namespace cairn::iscsi
