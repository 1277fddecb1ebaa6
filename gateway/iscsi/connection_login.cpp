// From the first PDU of a connection to its session, and what that session may ask of others.
#include <algorithm>
#include <asio/post.hpp>

#include "base/log.h"
#include "gateway/iscsi/connection.h"

namespace cairn::iscsi {

session_opened connection::open_session(const session_identity& who, std::uint16_t tsih) {
  if (tsih != 0) return tl::unexpected(refused_session::no_session);
  if (who.discovery) return around_.next_tsih();
  target_ = around_.find(who.target);
  if (!target_ || !target_->exported()) {
    log_notice("iSCSI: " + who.initiator + " at " + peer_ + " asks for " + who.target +
               ", which is exported by the primary side only");
    return tl::unexpected(refused_session::unavailable);
  }
  if (const auto made = target_->device(); !made) {
    log_error("iSCSI target " + who.target + ": " + made.error().text);
    return tl::unexpected(refused_session::target_error);
  }
  predecessors_ = target_->join(shared_from_this(), who.initiator_port());
  return around_.next_tsih();
}

// false: the connection has ended.
bool connection::on_login(const pdu& p) {
  auto r = login_->on_request(p);
  if (!r.because.empty()) log_notice("iSCSI login from " + peer_ + ": " + r.because);
  close_when_sent_ = r.close;
  if (!r.established || predecessors_.empty()) {
    login_output_.push(r.response);
    if (r.established) begin_session();
    return true;
  }
  // Nothing of the sessions that this one replaces may reach the volume behind our answer.
  held_response_ = std::move(r.response);
  const std::shared_ptr<const void> keep(
      static_cast<const void*>(this), [self = shared_from_this()](const void*) {
        asio::post(self->around_.io, [self] {
          {
            const std::lock_guard lock(self->mutex_);
            if (self->ended_ || !self->held_response_) return;
            self->login_output_.push(*std::exchange(self->held_response_, std::nullopt));
            self->begin_session();
          }
          self->serve();
        });
      });
  for (auto& before : std::exchange(predecessors_, {}))
    asio::post(around_.io, [before = std::move(before), keep] {
      before->end("the initiator logged in again", keep);
    });
  return true;
}

void connection::begin_session() {
  session_start from;
  from.who = login_->identity();
  from.agreed = login_->parameters();
  from.exp_cmd_sn = login_->next_cmd_sn();
  from.stat_sn = login_->next_stat_sn();
  tsih_ = login_->tsih();
  logged_in_ = true;
  scsi::device* device = nullptr;
  scsi::nexus_id nexus = 0;
  if (target_) {
    device = *target_->device();
    nexus = device->attach(from.who.initiator_port());
  }
  session_.emplace(from, device, nexus, surroundings());
  stream_.use_digests(from.agreed.header_digest, from.agreed.data_digest);
  log_notice("iSCSI: " + from.who.initiator + " at " + peer_ +
             (target_ ? " logged in to " + target_->name() : " asks for targets"));
}

session_surroundings connection::surroundings() {
  session_surroundings out;
  const std::weak_ptr<connection> weak = weak_from_this();
  auto& io = around_.io;
  out.abort_others = [this](std::shared_ptr<const void> keep) {
    for (const auto& other : target_->joined(this))
      asio::post(around_.io, [other, keep] { other->abort_tasks(keep); });
  };
  out.abort_nexuses = [this](const std::vector<scsi::nexus_id>& of,
                             std::shared_ptr<const void> keep) {
    for (const auto& other : target_->joined())
      asio::post(around_.io, [other, of, keep] { other->abort_tasks(keep, &of); });
  };
  out.later = [weak, &io](std::function<void()> f) {
    asio::post(io, [weak, f = std::move(f)] {
      const auto self = weak.lock();
      if (!self) return;
      {
        const std::lock_guard lock(self->mutex_);
        if (!self->ended_) f();
      }
      self->post_serve();
    });
  };
  out.answer_text = [this](byte_view text) {
    return around_.answer_text(session_->who(), text, local_);
  };
  out.reset_target = [this] {
    for (const auto& other : target_->joined())
      asio::post(around_.io, [other] { other->end("the target was reset"); });
  };
  return out;
}

}  // namespace cairn::iscsi
