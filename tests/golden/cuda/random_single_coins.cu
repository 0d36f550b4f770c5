extern "C" __global__ void __launch_bounds__(256) lazyarr_map_philox_float_less(bool* __restrict__ q0, unsigned long long v0, unsigned long long v1, unsigned long long v2, float v3, long long t4, long long t4s0, long long t4s1, int g0s0, int n0, int n1, int across) {
  const unsigned long long r0 = v0;
  const unsigned long long r1 = v1;
  const unsigned long long r2 = v2;
  const float r3 = v3;
  const int c = ((int)(blockIdx.x % across) * blockDim.x + threadIdx.x) * 2;
  if (c >= n1) return;
  const int first = (int)(blockIdx.x / across) * 4 * blockDim.y + threadIdx.y;
  const int rows = n0;
#pragma unroll
  for (int u = 0; u < 4; ++u) {
    const int row = first + u * (int)blockDim.y;
    if (row >= rows) break;
    const int i0 = row;
    lz_pack<bool, 2> b0;
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      const long long r4 = t4 + i0 * t4s0 + (c + k) * t4s1;
      const float r5 = lz_philox_float(r4, r0, r1, r2);
      const bool r6 = lz_less(r5, r3);
      b0.lane[k] = r6;
    }
    const int o0 = i0 * g0s0;
    lz_store<2>(q0 + o0 + c, b0, n1 - c);
  }
}
