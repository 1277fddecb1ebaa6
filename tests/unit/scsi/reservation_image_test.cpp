// Stored reservations of other versions: read, or refused by name and left as they are.
#include <gtest/gtest.h>

#include <cerrno>

#include "base/big_endian.h"
#include "base/crc32c.h"
#include "tests/samples/sampled.h"

namespace cairn::scsi {
namespace {

bytes of_version(std::uint8_t version) {
  auto image = samples::a_reservation().image();
  image[4] = std::byte{version};
  image.resize(image.size() - 4);
  field_writer(image).u32(crc32c(image));
  return image;
}

TEST(ReservationImage, TheSampleIsReadAsWhatItWasAndWrittenAlike) {
  const auto kept =
      samples::sampled(CAIRN_SOURCE_DIR "/tests/samples/0.1.0/frames.txt", "reservations");
  ASSERT_EQ(kept.size(), 1u);
  const auto read = reservations::from_image(kept[0]);
  ASSERT_TRUE(read) << read.error().text;
  const auto expected = samples::a_reservation();
  EXPECT_EQ(read->registered(), expected.registered());
  EXPECT_EQ(read->reservation(), expected.reservation());
  EXPECT_TRUE(read->kept());
  EXPECT_TRUE(read->image() == kept[0]);
}

TEST(ReservationImage, AnotherVersionIsRefusedWithASentenceThatNamesBoth) {
  const auto newer = reservations::from_image(of_version(3));
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, EPROTONOSUPPORT);
  EXPECT_NE(newer.error().text.find("its format is version 3, this Cairn reads up to 2"),
            std::string::npos)
      << newer.error().text;
  const auto older = reservations::from_image(of_version(1));
  ASSERT_FALSE(older);
  EXPECT_NE(older.error().text.find("version 1, this Cairn reads from version 2 on"),
            std::string::npos)
      << older.error().text;
}

}  // namespace
}  // namespace cairn::scsi
