// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace rankfill::data {

// Signatures and fixed sizes of the records of a zip file (PKWARE's APPNOTE, section 4.3).  Numbers are little-endian.
inline constexpr std::uint32_t kLocalHeader = 0x04034b50;
inline constexpr std::uint32_t kDirectoryEntry = 0x02014b50;
inline constexpr std::uint32_t kEndRecord = 0x06054b50;
inline constexpr std::uint32_t kZip64EndRecord = 0x06064b50;
inline constexpr std::uint32_t kZip64Locator = 0x07064b50;

inline constexpr std::uint64_t kLocalHeaderBytes = 30;
inline constexpr std::uint64_t kDirectoryEntryBytes = 46;
inline constexpr std::uint64_t kEndRecordBytes = 22;
inline constexpr std::uint64_t kZip64EndRecordBytes = 56;
inline constexpr std::uint64_t kZip64LocatorBytes = 20;

inline constexpr std::uint16_t kZip64Extra = 1;
/// A 32-bit field with this value is to be found in the zip64 extra field.
inline constexpr std::uint32_t kIn64 = 0xffffffff;

}  // namespace rankfill::data
