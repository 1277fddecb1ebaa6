#include "journal/marker_book.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

marker_id id(std::uint64_t n) { return {marker_number(n), epoch(1)}; }

void enter(marker_book& book, std::uint64_t at, std::uint64_t n) {
  record what;
  what.kind = record_kind::marker;
  what.seq = sequence(at);
  book.enter(what, {id(n), 1, 1});
}

// A marker that was not synced stood in for the last durable one, and was lost with the power: the
// member forgot which numbers and epochs it had obeyed, and took an old one again.
TEST(MarkerBook, TrimmingKeepsTheNewestOfWhatIsTrimmedWhateverCameLater) {
  marker_book book;
  enter(book, 10, 1);
  enter(book, 20, 2);
  enter(book, 30, 3);
  EXPECT_EQ(book.trim(sequence(25), {}), std::vector{sequence(10)});
  book.cut_behind(sequence(25));
  ASSERT_TRUE(book.newest());
  EXPECT_EQ(book.newest()->body.marker, id(2));
}

TEST(MarkerBook, TrimmingKeepsTheTarget) {
  marker_book book;
  for (std::uint64_t n = 1; n <= 4; ++n) enter(book, n * 10, n);
  EXPECT_EQ(book.trim(sequence(40), sequence(20)), std::vector{sequence(10)});
  EXPECT_TRUE(book.find(id(2)));
}

}  // namespace
}  // namespace cairn
