// 512 blocks of 256 x 1 threads
extern "C" __global__ void __launch_bounds__(256) lazyarr_map_greater_astype_where_multipl(float* __restrict__ q0, const double* __restrict__ p0, const double* __restrict__ p1, float v2, double v3, int n0) {
  const float r2 = v2;
  const double r3 = v3;
  const int first = ((int)blockIdx.x * 2 * blockDim.x + threadIdx.x) * 4;
  lz_pack<double, 4> a0[2];
  lz_pack<double, 4> a1[2];
  if (n0 - first - 1 * (int)blockDim.x * 4 >= 4) {
#pragma unroll
    for (int u = 0; u < 2; ++u) {
      const int c = first + u * (int)blockDim.x * 4;
      const int o0 = 0;
      a0[u] = lz_load<4>(p0 + o0 + c);
      a1[u] = lz_load<4>(p1 + o0 + c);
    }
  } else {
#pragma unroll
    for (int u = 0; u < 2; ++u) {
      const int c = first + u * (int)blockDim.x * 4;
      if (c >= n0) break;
      const int o0 = 0;
      a0[u] = lz_load<4>(p0 + o0 + c, n0 - c);
      a1[u] = lz_load<4>(p1 + o0 + c, n0 - c);
    }
  }
#pragma unroll
  for (int u = 0; u < 2; ++u) {
    const int c = first + u * (int)blockDim.x * 4;
    if (c >= n0) break;
    lz_pack<float, 4> b0;
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      const double r0 = a0[u].lane[k];
      const double r1 = a1[u].lane[k];
      const bool r4 = lz_greater(r0, r1);
      const float r5 = lz_cast<float>(r0);
      const float r6 = r4 ? r5 : r2;
      const double r7 = r1 * r3;
      const signed char r8 = lz_cast<signed char>(r7);
      const float r9 = lz_cast<float>(r8);
      const float r10 = r6 + r9;
      b0.lane[k] = r10;
    }
    const int o0 = 0;
    lz_store<4>(q0 + o0 + c, b0, n0 - c);
  }
}
