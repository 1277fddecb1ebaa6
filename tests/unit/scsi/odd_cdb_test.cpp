// CDBs as no initiator should send them: cut, with bits that mean nothing, with random fields.
#include <random>

#include "iscsi/scsi/opcodes.h"
#include "tests/unit/scsi/initiator.h"
#include "tests/unit/scsi/odd_cdbs.h"

namespace cairn::scsi::test {
namespace {

cdb plain(const command_form& f) { return raw({f.opcode, f.has_action() ? f.service_action : 0}); }

TEST(OddCdb, EveryOpcodeThatIsNotInTheTableIsInvalid) {
  bed t;
  for (int opcode = 0; opcode < 256; ++opcode) {
    const bool known = find_form(static_cast<std::uint8_t>(opcode), no_action).opcode_known;
    const auto got = t.begin(raw({opcode}));
    if (!known) {
      EXPECT_EQ(code_of(got), 0x2000) << opcode;
    }
  }
}

TEST(OddCdb, ABitThatIsNotEvaluatedIsAnInvalidFieldThatIsPointedAt) {
  bed t;
  for (const command_form& f : command_forms()) {
    for (std::size_t at = 1; at < cdb_bytes(f.opcode); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        if ((f.usage[at] >> bit & 1) != 0) continue;
        cdb c = plain(f);
        c[at] |= static_cast<std::byte>(1 << bit);
        const auto got = t.begin(c);
        ASSERT_EQ(code_of(got), 0x2400) << int{f.opcode} << " byte " << at;
        ASSERT_EQ(got.done->sense->wrong_byte, at) << int{f.opcode};
      }
    }
  }
}

// What the table must not call evaluated, said without the table.
TEST(OddCdb, ObsoleteAndReservedBitsOfCommonCommandsAreRefused) {
  bed t;
  for (const cdb& c : {raw({0x12, 0x02, 0, 0, 36}), raw({0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0x04}),
                       raw({0x28, 0x04, 0, 0, 0, 0, 0, 0, 1}),
                       raw({0x41, 0x06, 0, 0, 0, 0, 0, 0, 1}), raw({0x1b, 0, 0, 0, 0x10}),
                       raw({0x16, 0x01}), raw({0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1}),
                       raw({0x42, 0x01, 0, 0, 0, 0, 0, 0, 24}), raw({0, 0, 0, 0, 0, 0x04})})
    EXPECT_EQ(code_of(t.begin(c)), 0x2400) << std::to_integer<int>(c[0]);
}

TEST(OddCdb, NothingThatIsSentLeavesItsBounds) {
  bed t;
  std::mt19937_64 random(1);
  odd_cdbs odd(*t.unit, random);
  for (int run = 0; run < 60'000; ++run) {
    odd.one();
    ASSERT_EQ(odd.broken(), "");
  }
  EXPECT_GT(odd.worked(), 1000u);
}

}  // namespace
}  // namespace cairn::scsi::test
