#include "coordinator/operations.h"

#include <algorithm>
#include <cerrno>

namespace cairn {

failure_kind failure_of(int code) {
  switch (code) {
    case ENOENT:
      return failure_kind::not_found;
    case EPERM:
    case EBUSY:
      return failure_kind::refused;
    case ETIMEDOUT:
      return failure_kind::unreachable;
    default:
      return failure_kind::failed;
  }
}

std::uint64_t operations::begin(const std::string& kind, const std::string& sentence,
                                std::uint64_t now_us) {
  entry e;
  e.view.id = next_++;
  e.view.kind = kind;
  e.view.sentence = sentence;
  e.begun_us = now_us;
  all_.push_back(std::move(e));
  if (all_.size() > kept) all_.pop_front();
  return all_.back().view.id;
}

operations::entry* operations::entry_of(std::uint64_t id) {
  const auto at = std::ranges::find_if(all_, [&](const entry& e) { return e.view.id == id; });
  return at == all_.end() ? nullptr : &*at;
}

operation_view* operations::find(std::uint64_t id) {
  entry* e = entry_of(id);
  return e ? &e->view : nullptr;
}

void operations::finish(std::uint64_t id, const std::string& sentence, std::uint64_t now_us) {
  entry* e = entry_of(id);
  if (!e) return;
  e->view.state = operation_state::done;
  e->view.sentence = sentence;
  e->view.ran_ms = (now_us - e->begun_us) / 1000;
}

void operations::fail_with(std::uint64_t id, const error& why, std::uint64_t now_us) {
  entry* e = entry_of(id);
  if (!e) return;
  e->view.state = operation_state::failed;
  e->view.failure = failure_of(why.code);
  e->view.sentence = why.text;
  e->view.ran_ms = (now_us - e->begun_us) / 1000;
}

std::optional<operation_view> operations::view(std::uint64_t id, std::uint64_t now_us) {
  const entry* e = entry_of(id);
  if (!e) return std::nullopt;
  operation_view v = e->view;
  if (v.state == operation_state::running) v.ran_ms = (now_us - e->begun_us) / 1000;
  return v;
}

}  // namespace cairn
