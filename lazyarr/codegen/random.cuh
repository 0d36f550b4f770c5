// NumPy's Philox4x64-10 stream at any place; see lazyarr/ops/philox.py for what a place is.

// [philox_rounds]
// What each round adds to two of the words: worked out on the host, once for a launch.
struct lz_philox_rounds {
  unsigned long long k0[10], k1[10];
};
__device__ __forceinline__ lz_philox_rounds lz_philox_rounds_of(unsigned long long k0,
                                                                unsigned long long k1) {
  lz_philox_rounds r;
#pragma unroll
  for (int round = 0; round < 10; ++round) {
    r.k0[round] = k0 + round * 0x9E3779B97F4A7C15ull;
    r.k1[round] = k1 + round * 0xBB67AE8584CAA73Bull;
  }
  return r;
}

// [philox_block]
// Block `b` of the stream: four words.
__device__ __forceinline__ void lz_philox_block(unsigned long long b,
                                                const lz_philox_rounds& key,
                                                unsigned long long* word) {
  const unsigned long long m0 = 0xD2E7470EE14C6C93ull, m1 = 0xCA5A826395121157ull;
  unsigned long long c0 = b + 1, c1 = 0, c2 = 0, c3 = 0;
#pragma unroll
  for (int round = 0; round < 10; ++round) {
    const unsigned long long h0 = __umul64hi(m0, c0), h1 = __umul64hi(m1, c2);
    const unsigned long long l0 = m0 * c0, l1 = m1 * c2;
    c0 = h1 ^ c1 ^ key.k0[round];
    c1 = l1;
    c2 = h0 ^ c3 ^ key.k1[round];
    c3 = l0;
  }
  word[0] = c0;
  word[1] = c1;
  word[2] = c2;
  word[3] = c3;
}

// [philox_word]
__device__ __forceinline__ unsigned long long lz_philox_word(
    unsigned long long w, const lz_philox_rounds& key) {
  unsigned long long t[4];
  lz_philox_block(w >> 2, key, t);
  return w & 2 ? (w & 1 ? t[3] : t[2]) : (w & 1 ? t[1] : t[0]);
}

// [philox_words]
// V words from place `w` on: as many blocks as they are in.
template <int V>
__device__ __forceinline__ void lz_philox_words(unsigned long long w,
                                                const lz_philox_rounds& key,
                                                unsigned long long* word) {
  constexpr int BLOCKS = (V + 3) / 4;
  unsigned long long t[4 * BLOCKS + 4];
#pragma unroll
  for (int j = 0; j < BLOCKS; ++j) lz_philox_block((w >> 2) + j, key, t + 4 * j);
  if (w & 3) {  // the same for all threads, unless rows are no multiple of a block
    lz_philox_block((w >> 2) + BLOCKS, key, t + 4 * BLOCKS);
#pragma unroll
    for (int k = 0; k < V + 1; ++k) t[k] = w & 2 ? t[k + 2] : t[k];
#pragma unroll
    for (int k = 0; k < V; ++k) t[k] = w & 1 ? t[k + 1] : t[k];
  }
#pragma unroll
  for (int k = 0; k < V; ++k) word[k] = t[k];
}

// [philox_parts]
// V parts of words, each of 64 / PER bits, from place `p` on.
template <int V, int PER, class T>
__device__ __forceinline__ void lz_philox_parts(unsigned long long p,
                                                const lz_philox_rounds& key, T* part) {
  constexpr int WORDS = (V + PER - 1) / PER, BITS = 64 / PER;
  unsigned long long t[WORDS + 1];
  lz_philox_words<WORDS>(p / PER, key, t);
  const int skip = (int)(p % PER) * BITS;
  if (skip) {
    t[WORDS] = lz_philox_word(p / PER + WORDS, key);
#pragma unroll
    for (int k = 0; k < WORDS; ++k) t[k] = (t[k] >> skip) | (t[k + 1] << (64 - skip));
  }
#pragma unroll
  for (int k = 0; k < V; ++k) {
    const unsigned long long bits = t[k / PER] >> (k % PER * BITS);
    part[k] = (T)(BITS < 8 ? bits & ((1ull << (BITS % 64)) - 1) : bits);
  }
}

// [to_double]
__device__ __forceinline__ double lz_to_double(unsigned long long word) {
  return (double)(word >> 11) * (1.0 / 9007199254740992.0);
}

// [to_float]
__device__ __forceinline__ float lz_to_float(unsigned half) {
  return (float)(half >> 8) * (1.0f / 16777216.0f);
}

// The draws of each kind: V of them from index `i` on, and one.

// [philox_uint64_run]
template <int V>
__device__ __forceinline__ void lz_philox_uint64_run(long long i, unsigned long long s,
                                                     const lz_philox_rounds& key,
                                                     unsigned long long* r) {
  lz_philox_words<V>(s + i, key, r);
}

// [philox_uint64]
__device__ __forceinline__ unsigned long long lz_philox_uint64(long long i,
                                                               unsigned long long s,
                                                               unsigned long long k0,
                                                               unsigned long long k1) {
  return lz_philox_word(s + i, lz_philox_rounds_of(k0, k1));
}

// [philox_double_run]
template <int V>
__device__ __forceinline__ void lz_philox_double_run(long long i, unsigned long long s,
                                                     const lz_philox_rounds& key,
                                                     double* r) {
  unsigned long long t[V];
  lz_philox_words<V>(s + i, key, t);
#pragma unroll
  for (int k = 0; k < V; ++k) r[k] = lz_to_double(t[k]);
}

// [philox_double]
__device__ __forceinline__ double lz_philox_double(long long i, unsigned long long s,
                                                   unsigned long long k0,
                                                   unsigned long long k1) {
  return lz_to_double(lz_philox_word(s + i, lz_philox_rounds_of(k0, k1)));
}

// [philox_uint32_run]
template <int V>
__device__ __forceinline__ void lz_philox_uint32_run(long long i, unsigned long long s,
                                                     const lz_philox_rounds& key,
                                                     unsigned* r) {
  lz_philox_parts<V, 2>(s + i, key, r);
}

// [philox_uint32]
__device__ __forceinline__ unsigned lz_philox_uint32(long long i, unsigned long long s,
                                                     unsigned long long k0,
                                                     unsigned long long k1) {
  const unsigned long long p = s + i;
  return (unsigned)(lz_philox_word(p / 2, lz_philox_rounds_of(k0, k1)) >> (p % 2 * 32));
}

// [philox_float_run]
template <int V>
__device__ __forceinline__ void lz_philox_float_run(long long i, unsigned long long s,
                                                     const lz_philox_rounds& key,
                                                     float* r) {
  unsigned t[V];
  lz_philox_parts<V, 2>(s + i, key, t);
#pragma unroll
  for (int k = 0; k < V; ++k) r[k] = lz_to_float(t[k]);
}

// [philox_float]
__device__ __forceinline__ float lz_philox_float(long long i, unsigned long long s,
                                                 unsigned long long k0,
                                                 unsigned long long k1) {
  return lz_to_float(lz_philox_uint32(i, s, k0, k1));
}

// [philox_uint16_run]
template <int V>
__device__ __forceinline__ void lz_philox_uint16_run(long long i, unsigned long long s,
                                                     const lz_philox_rounds& key,
                                                     unsigned short* r) {
  lz_philox_parts<V, 4>(s + i, key, r);
}

// [philox_uint16]
__device__ __forceinline__ unsigned short lz_philox_uint16(long long i,
                                                           unsigned long long s,
                                                           unsigned long long k0,
                                                           unsigned long long k1) {
  const unsigned long long p = s + i;
  return (unsigned short)(lz_philox_word(p / 4, lz_philox_rounds_of(k0, k1)) >> (p % 4 * 16));
}

// [philox_uint8_run]
template <int V>
__device__ __forceinline__ void lz_philox_uint8_run(long long i, unsigned long long s,
                                                     const lz_philox_rounds& key,
                                                     unsigned char* r) {
  lz_philox_parts<V, 8>(s + i, key, r);
}

// [philox_uint8]
__device__ __forceinline__ unsigned char lz_philox_uint8(long long i,
                                                         unsigned long long s,
                                                         unsigned long long k0,
                                                         unsigned long long k1) {
  const unsigned long long p = s + i;
  return (unsigned char)(lz_philox_word(p / 8, lz_philox_rounds_of(k0, k1)) >> (p % 8 * 8));
}

// [philox_bool_run]
template <int V>
__device__ __forceinline__ void lz_philox_bool_run(long long i, unsigned long long s,
                                                     const lz_philox_rounds& key,
                                                     bool* r) {
  lz_philox_parts<V, 64>(s + i, key, r);
}

// [philox_bool]
__device__ __forceinline__ bool lz_philox_bool(long long i, unsigned long long s,
                                               unsigned long long k0,
                                               unsigned long long k1) {
  const unsigned long long p = s + i;
  return (lz_philox_word(p / 64, lz_philox_rounds_of(k0, k1)) >> (p % 64)) & 1;
}

// [high_word]
__device__ __forceinline__ unsigned long long lz_high_word(unsigned long long x,
                                                           unsigned long long y) {
  return __umul64hi(x, y);
}

// [normal_quantile]
// The formula, and the order of its steps, are those of lazyarr/ops/draws.py.
__device__ __forceinline__ double lz_normal_quantile(unsigned long long word) {
  const long long whole = (long long)(word >> 11) - (1ll << 52);
  const double q = ((double)whole + 0.5) * (1.0 / 9007199254740992.0);
  double r = 0.180625 - q * q;
  if (r >= 0.0) {
    double a = r * 2509.0809287301226727, b = r * 5226.495278852545925;
    a = (a + 33430.575583588128105) * r, b = (b + 28729.085735721942674) * r;
    a = (a + 67265.770927008700853) * r, b = (b + 39307.89580009271061) * r;
    a = (a + 45921.953931549871457) * r, b = (b + 21213.794301586595867) * r;
    a = (a + 13731.693765509461125) * r, b = (b + 5394.1960214247511077) * r;
    a = (a + 1971.5909503065514427) * r, b = (b + 687.1870074920579083) * r;
    a = (a + 133.14166789178437745) * r, b = (b + 42.313330701600911252) * r;
    return (a + 3.387132872796366608) / (b + 1.0) * q;
  }
  r = sqrt(-log(0.5 - fabs(q)));
  double a, b;
  if (r <= 5.0) {
    r = r - 1.6;
    a = r * 7.7454501427834140764e-4, b = r * 1.05075007164441684324e-9;
    a = (a + 0.0227238449892691845833) * r, b = (b + 5.475938084995344946e-4) * r;
    a = (a + 0.24178072517745061177) * r, b = (b + 0.0151986665636164571966) * r;
    a = (a + 1.27045825245236838258) * r, b = (b + 0.14810397642748007459) * r;
    a = (a + 3.64784832476320460504) * r, b = (b + 0.68976733498510000455) * r;
    a = (a + 5.7694972214606914055) * r, b = (b + 1.6763848301838038494) * r;
    a = (a + 4.6303378461565452959) * r, b = (b + 2.05319162663775882187) * r;
    a = a + 1.42343711074968357734, b = b + 1.0;
  } else {
    r = r - 5.0;
    a = r * 2.01033439929228813265e-7, b = r * 2.04426310338993978564e-15;
    a = (a + 2.71155556874348757815e-5) * r, b = (b + 1.4215117583164458887e-7) * r;
    a = (a + 0.0012426609473880784293) * r, b = (b + 1.8463183175100546818e-5) * r;
    a = (a + 0.026532189526576123093) * r, b = (b + 7.868691311456132591e-4) * r;
    a = (a + 0.29656057182850489123) * r, b = (b + 0.0148753612908506148525) * r;
    a = (a + 1.7848265399172913358) * r, b = (b + 0.13692988092273580531) * r;
    a = (a + 5.4637849111641143699) * r, b = (b + 0.59983220655588793769) * r;
    a = a + 6.6579046435011037772, b = b + 1.0;
  }
  return copysign(a / b, q);
}
