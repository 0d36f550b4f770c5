extern "C" __global__ void __launch_bounds__(256) lazyarr_map_philox_uint64_high_word_asty(long long* __restrict__ q0, unsigned long long v0, unsigned long long v1, unsigned long long v2, unsigned long long v3, long long v4, lz_philox_rounds w1_2, long long t5, long long t5s0, int n0) {
  const unsigned long long r0 = v0;
  const unsigned long long r1 = v1;
  const unsigned long long r2 = v2;
  const unsigned long long r3 = v3;
  const long long r4 = v4;
  const int first = ((int)blockIdx.x * 1 * blockDim.x + threadIdx.x) * 4;
#pragma unroll
  for (int u = 0; u < 1; ++u) {
    const int c = first + u * (int)blockDim.x * 4;
    if (c >= n0) break;
    lz_pack<long long, 4> b0;
    unsigned long long h6[1][4];
    lz_philox_uint64_run<4>(t5 + (c) * t5s0, r0, w1_2, h6[0]);
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      const unsigned long long r6 = h6[0][k];
      const unsigned long long r7 = lz_high_word(r6, r3);
      const long long r8 = lz_cast<long long>(r7);
      const long long r9 = lz_wrap_add(r8, r4);
      b0.lane[k] = r9;
    }
    const int o0 = 0;
    lz_store<4>(q0 + o0 + c, b0, n0 - c);
  }
}
