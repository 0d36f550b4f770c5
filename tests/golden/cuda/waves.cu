// 2048 blocks of 256 x 1 threads
extern "C" __global__ void __launch_bounds__(256) lazyarr_heavy_divide_abs_negative_exp_si(double* __restrict__ q0, const double* __restrict__ p0, const double* __restrict__ p2, double v1, int n0, int trips) {
  const double r1 = v1;
  const lz_divisor<double> d1(r1);
  const int step = (int)blockDim.x * 2, end = n0;
  int first = (int)blockIdx.x * trips * 1 * step + threadIdx.x * 2;
  lz_pack<double, 2> a0[1];
  lz_pack<double, 2> a2[1];
#pragma unroll
  for (int u = 0; u < 1; ++u) {
    const int c = first + u * step;
    const int left = end - c;
    const int o0 = 0;
    if (left >= 2) {
      a0[u] = lz_load<2>(p0 + o0 + c);
      a2[u] = lz_load<2>(p2 + o0 + c);
    } else {
      a0[u] = lz_load<2>(p0 + o0 + c, left);
      a2[u] = lz_load<2>(p2 + o0 + c, left);
    }
  }
#pragma unroll 1
  for (int trip = 0; trip < trips && first < end; ++trip) {
    const int next = first + 1 * step;
    lz_pack<double, 2> x0[1];
    lz_pack<double, 2> x2[1];
#pragma unroll
    for (int u = 0; u < 1; ++u) {
      x0[u] = a0[u];
      x2[u] = a2[u];
    }
    if (trip + 1 < trips) {
#pragma unroll
      for (int u = 0; u < 1; ++u) {
        const int c = next + u * step;
        const int left = end - c;
        const int o0 = 0;
        if (left >= 2) {
          a0[u] = lz_load<2>(p0 + o0 + c);
          a2[u] = lz_load<2>(p2 + o0 + c);
        } else {
          a0[u] = lz_load<2>(p0 + o0 + c, left);
          a2[u] = lz_load<2>(p2 + o0 + c, left);
        }
      }
    }
#pragma unroll
    for (int u = 0; u < 1; ++u) {
      const int c = first + u * step;
      if (c >= end) break;
      double r0[2];
      double r2[2];
#pragma unroll
      for (int k = 0; k < 2; ++k) {
        r0[k] = x0[u].lane[k];
        r2[k] = x2[u].lane[k];
      }
      double r3[2];
#pragma unroll
      for (int k = 0; k < 2; ++k) {
        r3[k] = r0[k];
      }
      lz_over<2>(r3, d1);
      double r4[2];
      double r5[2];
#pragma unroll
      for (int k = 0; k < 2; ++k) {
        r4[k] = fabs(r3[k]);
        r5[k] = -r4[k];
      }
      double r6[2];
#pragma unroll
      for (int k = 0; k < 2; ++k) {
        r6[k] = lz_real_exp(r5[k]);
      }
      double r7[2];
#pragma unroll
      for (int k = 0; k < 2; ++k) {
        r7[k] = lz_real_sin(r2[k]);
      }
      double r8[2];
#pragma unroll
      for (int k = 0; k < 2; ++k) {
        r8[k] = r6[k] * r7[k];
      }
      double r9[2];
#pragma unroll
      for (int k = 0; k < 2; ++k) {
        r9[k] = lz_real_tanh(r3[k]);
      }
      double r10[2];
#pragma unroll
      for (int k = 0; k < 2; ++k) {
        r10[k] = r8[k] + r9[k];
      }
      lz_pack<double, 2> b0;
#pragma unroll
      for (int k = 0; k < 2; ++k) {
        b0.lane[k] = r10[k];
      }
      const int o0 = 0;
      lz_store<2>(q0 + o0 + c, b0, n0 - c);
    }
    first = next;
  }
}
