// Inverse circular and hyperbolic functions of complex numbers, after Hull, Fairgrieve
// and Tang, "Implementing the complex arcsine and arccosine functions using exception
// handling" (1997). complex64 is computed in double.

// [widen narrow]
__device__ __forceinline__ lz_complex<double> lz_widen(lz_complex<float> a) {
  return {(double)a.re, (double)a.im};
}
__device__ __forceinline__ lz_complex<float> lz_narrow(lz_complex<double> a) {
  return {(float)a.re, (float)a.im};
}

// [hull]
// Of |x| and |y|: the real part of asinh, and the imaginary part as an arcsine when
// `usable`, else as an arctangent of (top, bottom).
struct lz_hull_parts {
  double real, sine, top, bottom;
  bool usable;
};
__device__ __forceinline__ double lz_hull_gap(double a, double b, double h) {
  if (b < 0) return (h - b) / 2;
  return b == 0 ? a / 2 : a * a / (h + b) / 2;
}
__device__ inline lz_hull_parts lz_hull(double x, double y) {
  const double eps = 2.220446049250313e-16;
  const double r = hypot(x, y + 1), s = hypot(x, y - 1);
  double a = (r + s) / 2;
  if (a < 1) a = 1;
  lz_hull_parts p;
  if (a >= 10) {
    p.real = log(a + sqrt(a * a - 1));
  } else if (y == 1 && x < eps * eps / 128) {
    p.real = sqrt(x);
  } else if (x >= eps * fabs(y - 1)) {
    const double gap = lz_hull_gap(x, 1 + y, r) + lz_hull_gap(x, 1 - y, s);
    p.real = log1p(gap + sqrt(gap * (a + 1)));
  } else if (y < 1) {
    p.real = x / sqrt((1 - y) * (1 + y));
  } else {
    p.real = log1p((y - 1) + sqrt((y - 1) * (y + 1)));
  }
  p.top = y;
  p.bottom = 1;
  p.sine = y / a;
  p.usable = y >= 6e-154 && p.sine <= 0.6417;
  if (y < 6e-154) {
    p.bottom = a * (2 / eps);
    p.top = y * (2 / eps);
  } else if (!p.usable) {
    if (y == 1 && x < eps / 128) {
      p.bottom = sqrt(x) * sqrt((a + y) / 2);
    } else if (x >= eps * fabs(y - 1)) {
      const double gap = lz_hull_gap(x, y + 1, r) + lz_hull_gap(x, y - 1, s);
      p.bottom = sqrt(gap * (a + y));
    } else if (y > 1) {
      p.bottom = x * (4 / eps / eps) * y / sqrt((y + 1) * (y - 1));
      p.top = y * (4 / eps / eps);
    } else {
      p.bottom = sqrt((1 - y) * (1 + y));
    }
  }
  return p;
}

// [asinh]
__device__ inline lz_complex<double> lz_asinh(lz_complex<double> a) {
  const double ln2 = 0.6931471805599453094, large = 4503599627370496.0;
  const double x = fabs(a.re), y = fabs(a.im);
  if (a != a) {
    if (lz_isinf_part(a.re)) return {a.re, a.im + a.im};
    if (lz_isinf_part(a.im)) return {fabs(a.im), a.re + a.re};
    if (a.im == 0) return {a.re + a.re, a.im};
    return {a.re + a.im, a.re + a.im};
  }
  if (x > large || y > large) {
    const double h = hypot(x * 0.5, y * 0.5);
    return {copysign(log(h) + 2 * ln2, a.re), copysign(atan2(y, x), a.im)};
  }
  if (x < 1e-8 && y < 1e-8) return a;
  const lz_hull_parts p = lz_hull(x, y);
  const double angle = p.usable ? asin(p.sine) : atan2(p.top, p.bottom);
  return {copysign(p.real, a.re), copysign(angle, a.im)};
}
__device__ inline lz_complex<float> lz_asinh(lz_complex<float> a) {
  return lz_narrow(lz_asinh(lz_widen(a)));
}

// [asin]
template <class T>
__device__ inline lz_complex<T> lz_asin(lz_complex<T> a) {
  return lz_swap(lz_asinh(lz_swap(a)));
}

// [acos]
__device__ inline lz_complex<double> lz_acos(lz_complex<double> a) {
  const double ln2 = 0.6931471805599453094, large = 4503599627370496.0;
  const double right = 1.5707963267948966192, x = fabs(a.re), y = fabs(a.im);
  const double turn = copysign(1.0, a.re), side = copysign(1.0, a.im);
  if (a != a) {
    if (lz_isinf_part(a.re)) return {a.im + a.im, a.re < 0 ? a.re : -a.re};
    if (lz_isinf_part(a.im)) return {a.re + a.re, -a.im};
    if (a.re == 0) return {right, a.im + a.im};
    return {a.re + a.im, a.re + a.im};
  }
  if (x > large || y > large) {
    const double h = hypot(x * 0.5, y * 0.5);
    return {fabs(atan2(a.im, a.re)), -side * (log(h) + 2 * ln2)};
  }
  if (a.re == 1 && a.im == 0) return {0.0, -a.im};
  if (x < 1e-8 && y < 1e-8) return {right - a.re, -a.im};
  const lz_hull_parts p = lz_hull(y, x);
  const double angle =
      p.usable ? acos(turn * p.sine) : atan2(p.bottom, turn * p.top);
  return {angle, -side * p.real};
}
__device__ inline lz_complex<float> lz_acos(lz_complex<float> a) {
  return lz_narrow(lz_acos(lz_widen(a)));
}

// [acosh]
template <class T>
__device__ inline lz_complex<T> lz_acosh(lz_complex<T> a) {
  const lz_complex<T> r = lz_acos(a);
  if (r.re != r.re) return r.im != r.im ? r : lz_complex<T>(fabs(r.im), r.re);
  if (r.im != r.im) return {r.im, r.re};
  return {fabs(r.im), copysign(r.re, a.im)};
}

// [atanh]
__device__ inline lz_complex<double> lz_atanh(lz_complex<double> a) {
  const double eps = 2.220446049250313e-16, right = 1.5707963267948966192;
  const double ln2 = 0.6931471805599453094, large = 4503599627370496.0;
  const double x = fabs(a.re), y = fabs(a.im);
  if (a.im == 0 && x <= 1) return {atanh(a.re), a.im};
  if (a.re == 0) return {a.re, atan(a.im)};
  if (lz_isinf_part(a.im)) return {copysign(0.0, a.re), copysign(right, a.im)};
  if (lz_isinf_part(a.re))
    return {copysign(0.0, a.re), a.im != a.im ? a.im : copysign(right, a.im)};
  if (a != a) return {a.re + a.im, a.re + a.im};
  if (x > large || y > large) {
    const double ratio = x >= y ? a.im / a.re : a.re / a.im;
    const double real = x >= y ? 1 / (a.re + a.im * ratio) : ratio / (a.re * ratio + a.im);
    return {real, copysign(right, a.im)};
  }
  if (x < 1e-8 && y < 1e-8) return a;
  const double squares = (x - 1) * (x - 1) + (y < 1.5e-154 ? 0 : y * y);
  const double real =
      x == 1 && y < eps ? (ln2 - log(y)) / 2 : log1p(4 * x / squares) / 4;
  const double across = (1 - x) * (1 + x);
  const double angle = x == 1     ? atan2(2.0, -y) / 2
                       : y < eps ? atan2(2 * y, across) / 2
                                 : atan2(2 * y, across - y * y) / 2;
  return {copysign(real, a.re), copysign(angle, a.im)};
}
__device__ inline lz_complex<float> lz_atanh(lz_complex<float> a) {
  return lz_narrow(lz_atanh(lz_widen(a)));
}

// [atan]
template <class T>
__device__ inline lz_complex<T> lz_atan(lz_complex<T> a) {
  return lz_swap(lz_atanh(lz_swap(a)));
}
