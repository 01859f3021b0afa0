// SPDX-License-Identifier: Apache-2.0
#include "kernels/prepare/narrow.hpp"

#include "kernels/detail/entry_view.cuh"
#include "kernels/detail/offset_view.cuh"
#include "kernels/detail/pieces.cuh"
#include "kernels/detail/thread_per_item.cuh"

namespace rankfill {

namespace {

/// Calls body(row, p) for every entry p, a warp to each piece.
template <class Body>
__device__ __forceinline__ void for_each_entry(const PieceView& pieces, const Body& body) {
  for (std::int64_t i = grid_warp(); i < pieces.count(); i += grid_warps()) {
    const Chunk piece = pieces[i];
    for (std::int64_t p = piece.first + lane_id(); p < piece.first + piece.length; p += warp_size) body(piece.row, p);
  }
}

template <class T, class S, class Code>
__global__ void encode_warp_per_piece(PieceView pieces, EntryView<S> m, OffsetView offsets, ValueCoding<T> coding,
                                      double within, Code* codes, unsigned* lossy) {
  for_each_entry(pieces, [&](std::int64_t row, std::int64_t p) {
    const double value = double{m.value(p)} - offsets.at(row, m.col(p));
    if (!coding.holds(value, within)) *lossy = 1;  // by whomever
    codes[p] = static_cast<Code>(coding.code(value));
  });
}

template <class T, class S>
__global__ void subtract_warp_per_piece(PieceView pieces, EntryView<S> m, OffsetView offsets, T* out) {
  for_each_entry(pieces, [&](std::int64_t row, std::int64_t p) {
    out[p] = static_cast<T>(double{m.value(p)} - offsets.at(row, m.col(p)));
  });
}

template <class T>
__global__ void weights_thread_per_row(std::int64_t num_rows, const std::int64_t* row_ptr, double nu, T* weights) {
  for (std::int64_t i = grid_thread(); i < num_rows; i += grid_threads()) {
    const std::int64_t count = row_ptr[i + 1] - row_ptr[i];
    weights[i] = count > 0 ? static_cast<T>(pow(static_cast<double>(count), nu)) : T{0};
  }
}

template <class S>
LaunchShape warp_per_piece_shape(const Csr<S, CudaBackend>& m) {
  return warp_per_row_shape(pieces(m).count());
}

}  // namespace

template <class T, class S, class Code>
bool read_encoded(CudaBackend& backend, const Csr<S, CudaBackend>& m, Side order, const Offsets<CudaBackend>& offsets,
                  const ValueCoding<T>& coding, double within, Buffer<Code, CudaBackend>& codes) {
  Buffer<unsigned, CudaBackend> lossy(backend, std::vector<unsigned>{0}, "a flag");
  launch(backend, warp_per_piece_shape(m), encode_warp_per_piece<T, S, Code>, pieces(m), view(m), view(offsets, order),
         coding, within, codes.data(), lossy.data());
  return lossy.download()[0] == 0;
}

template <class T, class S>
void subtract_offsets(CudaBackend& backend, const Csr<S, CudaBackend>& m, Side order,
                      const Offsets<CudaBackend>& offsets, Buffer<T, CudaBackend>& out) {
  launch(backend, warp_per_piece_shape(m), subtract_warp_per_piece<T, S>, pieces(m), view(m), view(offsets, order),
         out.data());
}

template <class T>
void count_weights(CudaBackend& backend, const Buffer<std::int64_t, CudaBackend>& row_ptr, double nu,
                   Buffer<T, CudaBackend>& weights) {
  launch(backend, thread_per_item_shape(weights.size()), weights_thread_per_row<T>, weights.size(), row_ptr.data(), nu,
         weights.data());
}

template bool read_encoded(CudaBackend&, const Csr<float, CudaBackend>&, Side, const Offsets<CudaBackend>&,
                           const ValueCoding<float>&, double, Buffer<std::uint8_t, CudaBackend>&);
template bool read_encoded(CudaBackend&, const Csr<float, CudaBackend>&, Side, const Offsets<CudaBackend>&,
                           const ValueCoding<float>&, double, Buffer<std::uint16_t, CudaBackend>&);
template void subtract_offsets(CudaBackend&, const Csr<float, CudaBackend>&, Side, const Offsets<CudaBackend>&,
                               Buffer<float, CudaBackend>&);
template bool read_encoded(CudaBackend&, const Csr<double, CudaBackend>&, Side, const Offsets<CudaBackend>&,
                           const ValueCoding<float>&, double, Buffer<std::uint8_t, CudaBackend>&);
template bool read_encoded(CudaBackend&, const Csr<double, CudaBackend>&, Side, const Offsets<CudaBackend>&,
                           const ValueCoding<float>&, double, Buffer<std::uint16_t, CudaBackend>&);
template void subtract_offsets(CudaBackend&, const Csr<double, CudaBackend>&, Side, const Offsets<CudaBackend>&,
                               Buffer<float, CudaBackend>&);
template bool read_encoded(CudaBackend&, const Csr<float, CudaBackend>&, Side, const Offsets<CudaBackend>&,
                           const ValueCoding<double>&, double, Buffer<std::uint8_t, CudaBackend>&);
template bool read_encoded(CudaBackend&, const Csr<float, CudaBackend>&, Side, const Offsets<CudaBackend>&,
                           const ValueCoding<double>&, double, Buffer<std::uint16_t, CudaBackend>&);
template void subtract_offsets(CudaBackend&, const Csr<float, CudaBackend>&, Side, const Offsets<CudaBackend>&,
                               Buffer<double, CudaBackend>&);
template bool read_encoded(CudaBackend&, const Csr<double, CudaBackend>&, Side, const Offsets<CudaBackend>&,
                           const ValueCoding<double>&, double, Buffer<std::uint8_t, CudaBackend>&);
template bool read_encoded(CudaBackend&, const Csr<double, CudaBackend>&, Side, const Offsets<CudaBackend>&,
                           const ValueCoding<double>&, double, Buffer<std::uint16_t, CudaBackend>&);
template void subtract_offsets(CudaBackend&, const Csr<double, CudaBackend>&, Side, const Offsets<CudaBackend>&,
                               Buffer<double, CudaBackend>&);
template void count_weights(CudaBackend&, const Buffer<std::int64_t, CudaBackend>&, double,
                            Buffer<float, CudaBackend>&);
template void count_weights(CudaBackend&, const Buffer<std::int64_t, CudaBackend>&, double,
                            Buffer<double, CudaBackend>&);

}  // namespace rankfill
