// 512 blocks of 256 x 1 threads
extern "C" __global__ void __launch_bounds__(256) lazyarr_map_add(double* __restrict__ q0, const double* __restrict__ p0, double v1, int n0) {
  const double r1 = v1;
  const int first = ((int)blockIdx.x * 4 * blockDim.x + threadIdx.x) * 2;
  lz_pack<double, 2> a0[4];
  if (n0 - first - 3 * (int)blockDim.x * 2 >= 2) {
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      const int c = first + u * (int)blockDim.x * 2;
      const int o0 = 0;
      a0[u] = lz_load<2>(p0 + o0 + c);
    }
  } else {
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      const int c = first + u * (int)blockDim.x * 2;
      if (c >= n0) break;
      const int o0 = 0;
      a0[u] = lz_load<2>(p0 + o0 + c, n0 - c);
    }
  }
#pragma unroll
  for (int u = 0; u < 4; ++u) {
    const int c = first + u * (int)blockDim.x * 2;
    if (c >= n0) break;
    lz_pack<double, 2> b0;
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      const double r0 = a0[u].lane[k];
      const double r2 = r0 + r1;
      b0.lane[k] = r2;
    }
    const int o0 = 0;
    lz_store<2>(q0 + o0 + c, b0, n0 - c);
  }
}

// 1 blocks of 256 x 1 threads
extern "C" __global__ void __launch_bounds__(256) lazyarr_map_copy(double* __restrict__ q0, double v0, int g0s0, int n0) {
  const double r0 = v0;
  const int first = ((int)blockIdx.x * 4 * blockDim.x + threadIdx.x) * 1;
#pragma unroll
  for (int u = 0; u < 4; ++u) {
    const int c = first + u * (int)blockDim.x * 1;
    if (c >= n0) break;
    lz_pack<double, 1> b0;
#pragma unroll
    for (int k = 0; k < 1; ++k) {
      const double r1 = r0;
      b0.lane[k] = r1;
    }
    const int o0 = 0;
    lz_scatter<1>(q0 + o0 + c * g0s0, g0s0, b0, n0 - c);
  }
}

// 1 blocks of 256 x 1 threads
extern "C" __global__ void __launch_bounds__(256) lazyarr_map_multiply(double* __restrict__ q0, const double* __restrict__ p0, double v1, int n0) {
  const double r1 = v1;
  const int first = ((int)blockIdx.x * 4 * blockDim.x + threadIdx.x) * 2;
  lz_pack<double, 2> a0[4];
  if (n0 - first - 3 * (int)blockDim.x * 2 >= 2) {
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      const int c = first + u * (int)blockDim.x * 2;
      const int o0 = 0;
      a0[u] = lz_load<2>(p0 + o0 + c);
    }
  } else {
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      const int c = first + u * (int)blockDim.x * 2;
      if (c >= n0) break;
      const int o0 = 0;
      a0[u] = lz_load<2>(p0 + o0 + c, n0 - c);
    }
  }
#pragma unroll
  for (int u = 0; u < 4; ++u) {
    const int c = first + u * (int)blockDim.x * 2;
    if (c >= n0) break;
    lz_pack<double, 2> b0;
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      const double r0 = a0[u].lane[k];
      const double r2 = r0 * r1;
      b0.lane[k] = r2;
    }
    const int o0 = 0;
    lz_store<2>(q0 + o0 + c, b0, n0 - c);
  }
}
