;; tiny: WebAssembly text, written by Espalier.
;;
;; Memory: address and size in bytes, array, contents. Arrays of the arena share memory in turn.
;;          0       224  v_x: input "image", f32 x 56
;;        320        64  v_c_rows: constant, i32 x 16, expanded at load
;;        384       448  v_y: output "probability", f32 x 112
;;       1280       224  v_x_panel: f32 x 56
;;        832       448  v_c: f32 x 112
;;       1280       448  v_t: f32 x 112
;;        832       448  v_t_plain: f32 x 112
(module
  (memory (export "memory") 1 1)

  ;; A 1x1 convolution over panels `first` up to `last`: each tile of a panel for all rows of w, which has those of one pass
  ;; after the other. A residual lies as y does; 0 if there is none.
  (func $conv_panels_csr_1x7 (param $x i32) (param $y i32) (param $residual i32) (param $w i32) (param $rows i32) (param $passes i32)
    (param $first i32) (param $last i32) (param $xpanel i32) (param $ypanel i32) (param $low f32) (param $high f32)
    (local $from i32) (local $to i32) (local $panel i32) (local $end i32) (local $floor f32) (local $ceiling f32)
    (if (local.get $residual)
      (then (local.set $residual (i32.add (i32.sub (local.get $residual) (local.get $y)) (i32.const 1)))))
    (local.set $x (i32.add (local.get $x) (i32.mul (local.get $first) (local.get $xpanel))))
    (local.set $y (i32.add (local.get $y) (i32.mul (local.get $first) (local.get $ypanel))))
    (local.set $floor (f32.const -inf))
    (local.set $ceiling (f32.const inf))
    (loop $pass
      (if (i32.eqz (local.tee $passes (i32.sub (local.get $passes) (i32.const 1))))
        (then
          (local.set $floor (local.get $low))
          (local.set $ceiling (local.get $high))))
      (local.set $from (local.get $x))
      (local.set $to (local.get $y))
      (local.set $panel (local.get $first))
      (loop $next_panel
        (local.set $end
          (call $csr_1x7
            (i32.add (local.get $from) (i32.const 0)) (i32.add (local.get $to) (i32.const 0)) (local.get $w)
            (local.get $rows) (i32.const 112) (i32.const 0) (i32.const 0)
            (local.get $residual) (local.get $floor) (local.get $ceiling)))
        (local.set $from (i32.add (local.get $from) (local.get $xpanel)))
        (local.set $to (i32.add (local.get $to) (local.get $ypanel)))
        (br_if $next_panel
          (i32.lt_u (local.tee $panel (i32.add (local.get $panel) (i32.const 1))) (local.get $last))))
      (local.set $w (local.get $end))
      (br_if $pass (local.get $passes))))

  ;; Copies so many bytes.
  (func $copy_bytes (param $to i32) (param $bytes i32) (param $from i32)
    (memory.copy (local.get $to) (local.get $from) (local.get $bytes)))

  ;; Sparse rows, 1 at a time, for 1 x 28 pixels.
  ;; x and y are the first pixel's addresses; w holds for every 1 rows: i32 bytes of their records, 1 f32 biases, and
  ;; then the records, i32 offset from x and 1 f32 weights. Long rows come in parts, whose sums meet in y: bit 0 of
  ;; the bytes says that a part came before, bit 1 that another follows. Short sums lose less, and so do those that the bias
  ;; joins last. Unless residual is 0, the first part of a row adds what lies residual - 1 bytes behind its place in y.
  ;; Rows, a multiple of 1, lie ystep apart, pixel rows xrow and yrow. Returns the end of w.
  ;; A branch that is never taken parts many vectors: engines load all that a stretch without branches needs before they
  ;; compute any of it, and would run out of registers.
  (func $csr_1x7 (param $x i32) (param $y i32) (param $w i32) (param $rows i32) (param $ystep i32)
    (param $xrow i32) (param $yrow i32) (param $residual i32) (param $low f32) (param $high f32) (result i32)
    (local $head i32) (local $end i32) (local $biases i32) (local $v v128) (local $floor v128) (local $ceiling v128)
    (local $p0 i32)
    (local $s0 v128)
    (local $a0_0 v128)
    (local $a0_1 v128)
    (local $a0_2 v128)
    (local $a0_3 v128)
    (local $a0_4 v128)
    (local $a0_5 v128)
    (local $a0_6 v128)
    (local.set $floor (f32x4.splat (local.get $low)))
    (local.set $ceiling (f32x4.splat (local.get $high)))
    (loop $row
      (local.set $a0_0 (v128.const i32x4 0 0 0 0))
      (local.set $a0_1 (v128.const i32x4 0 0 0 0))
      (local.set $a0_2 (v128.const i32x4 0 0 0 0))
      (local.set $a0_3 (v128.const i32x4 0 0 0 0))
      (local.set $a0_4 (v128.const i32x4 0 0 0 0))
      (local.set $a0_5 (v128.const i32x4 0 0 0 0))
      (local.set $a0_6 (v128.const i32x4 0 0 0 0))
      (local.set $head (i32.load (local.get $w)))
      (local.set $biases (i32.add (local.get $w) (i32.const 4)))
      (local.set $w (i32.add (local.get $w) (i32.const 8)))
      (local.set $end (i32.add (local.get $w) (i32.and (local.get $head) (i32.const -4))))
      (if (i32.ne (local.get $w) (local.get $end))
        (then
          (block $never (loop $record
            (local.set $p0 (i32.add (local.get $x) (i32.load (local.get $w))))
            (local.set $s0 (v128.load32_splat offset=4 (local.get $w)))
            (local.set $a0_0 (f32x4.add (f32x4.mul (v128.load offset=0 (local.get $p0)) (local.get $s0)) (local.get $a0_0)))
            (local.set $a0_1 (f32x4.add (f32x4.mul (v128.load offset=16 (local.get $p0)) (local.get $s0)) (local.get $a0_1)))
            (local.set $a0_2 (f32x4.add (f32x4.mul (v128.load offset=32 (local.get $p0)) (local.get $s0)) (local.get $a0_2)))
            (local.set $a0_3 (f32x4.add (f32x4.mul (v128.load offset=48 (local.get $p0)) (local.get $s0)) (local.get $a0_3)))
            (local.set $a0_4 (f32x4.add (f32x4.mul (v128.load offset=64 (local.get $p0)) (local.get $s0)) (local.get $a0_4)))
            (local.set $a0_5 (f32x4.add (f32x4.mul (v128.load offset=80 (local.get $p0)) (local.get $s0)) (local.get $a0_5)))
            (local.set $a0_6 (f32x4.add (f32x4.mul (v128.load offset=96 (local.get $p0)) (local.get $s0)) (local.get $a0_6)))
            (br_if $record
              (i32.ne (local.tee $w (i32.add (local.get $w) (i32.const 8))) (local.get $end)))))))
      (if (i32.and (i32.or (local.get $head) (local.get $residual)) (i32.const 3))
        (then
          (if (i32.and (i32.or (local.get $head) (local.get $residual)) (i32.const 1))
            (then
              (local.set $p0
                (i32.add (local.get $y)
                  (select (i32.const 0) (i32.sub (local.get $residual) (i32.const 1))
                    (i32.and (local.get $head) (i32.const 1)))))
              (local.set $a0_0 (f32x4.add (local.get $a0_0) (v128.load offset=0 (local.get $p0))))
              (local.set $a0_1 (f32x4.add (local.get $a0_1) (v128.load offset=16 (local.get $p0))))
              (local.set $a0_2 (f32x4.add (local.get $a0_2) (v128.load offset=32 (local.get $p0))))
              (local.set $a0_3 (f32x4.add (local.get $a0_3) (v128.load offset=48 (local.get $p0))))
              (local.set $a0_4 (f32x4.add (local.get $a0_4) (v128.load offset=64 (local.get $p0))))
              (local.set $a0_5 (f32x4.add (local.get $a0_5) (v128.load offset=80 (local.get $p0))))
              (local.set $a0_6 (f32x4.add (local.get $a0_6) (v128.load offset=96 (local.get $p0))))
            ))
          (if (i32.and (local.get $head) (i32.const 2))
            (then
              (local.set $p0 (local.get $y))
              (v128.store offset=0 (local.get $p0) (local.get $a0_0))
              (v128.store offset=16 (local.get $p0) (local.get $a0_1))
              (v128.store offset=32 (local.get $p0) (local.get $a0_2))
              (v128.store offset=48 (local.get $p0) (local.get $a0_3))
              (v128.store offset=64 (local.get $p0) (local.get $a0_4))
              (v128.store offset=80 (local.get $p0) (local.get $a0_5))
              (v128.store offset=96 (local.get $p0) (local.get $a0_6))
              (br $row)))))
      (local.set $p0 (local.get $y))
      (local.set $v (v128.load32_splat offset=0 (local.get $biases)))
      (local.set $a0_0
        (f32x4.pmin (f32x4.pmax (f32x4.add (local.get $a0_0) (local.get $v)) (local.get $floor)) (local.get $ceiling)))
      (local.set $a0_1
        (f32x4.pmin (f32x4.pmax (f32x4.add (local.get $a0_1) (local.get $v)) (local.get $floor)) (local.get $ceiling)))
      (local.set $a0_2
        (f32x4.pmin (f32x4.pmax (f32x4.add (local.get $a0_2) (local.get $v)) (local.get $floor)) (local.get $ceiling)))
      (local.set $a0_3
        (f32x4.pmin (f32x4.pmax (f32x4.add (local.get $a0_3) (local.get $v)) (local.get $floor)) (local.get $ceiling)))
      (local.set $a0_4
        (f32x4.pmin (f32x4.pmax (f32x4.add (local.get $a0_4) (local.get $v)) (local.get $floor)) (local.get $ceiling)))
      (local.set $a0_5
        (f32x4.pmin (f32x4.pmax (f32x4.add (local.get $a0_5) (local.get $v)) (local.get $floor)) (local.get $ceiling)))
      (local.set $a0_6
        (f32x4.pmin (f32x4.pmax (f32x4.add (local.get $a0_6) (local.get $v)) (local.get $floor)) (local.get $ceiling)))
      (v128.store offset=0 (local.get $p0) (local.get $a0_0))
      (v128.store offset=16 (local.get $p0) (local.get $a0_1))
      (v128.store offset=32 (local.get $p0) (local.get $a0_2))
      (v128.store offset=48 (local.get $p0) (local.get $a0_3))
      (v128.store offset=64 (local.get $p0) (local.get $a0_4))
      (v128.store offset=80 (local.get $p0) (local.get $a0_5))
      (v128.store offset=96 (local.get $p0) (local.get $a0_6))
      (local.set $y (i32.add (local.get $y) (i32.mul (local.get $ystep) (i32.const 1))))
      (br_if $row (local.tee $rows (i32.sub (local.get $rows) (i32.const 1)))))
    (local.get $w))

  ;; e^x. Beyond the clamp the result is 0 or infinity in f32 whatever x is.
  (func $exp (param $x f32) (result f32)
    (f32.demote_f64
      (call $exp64
        (f64.max (f64.const -104) (f64.min (f64.const 89) (f64.promote_f32 (local.get $x)))))))

  ;; e^x for x in [-700, 700] or NaN, to about 1e-15: x = n ln 2 + r, |r| <= ln 2 / 2, then the Taylor series of e^r.
  (func $exp64 (param $x f64) (result f64)
    (local $n f64) (local $r f64)
    (local.set $n (f64.nearest (f64.mul (local.get $x) (f64.const 1.4426950408889634))))
    (local.set $r
      (f64.sub
        (f64.sub (local.get $x) (f64.mul (local.get $n) (f64.const 0x1.62e42fee00000p-1)))
        (f64.mul (local.get $n) (f64.const 0x1.a39ef35793c76p-33))))
    (f64.mul
      (f64.reinterpret_i64
        (i64.shl (i64.add (i64.trunc_sat_f64_s (local.get $n)) (i64.const 1023)) (i64.const 52)))
      (f64.add (f64.const 1) (f64.mul (local.get $r)
      (f64.add (f64.const 1) (f64.mul (local.get $r)
      (f64.add (f64.const 0.5) (f64.mul (local.get $r)
      (f64.add (f64.const 0.16666666666666666) (f64.mul (local.get $r)
      (f64.add (f64.const 0.041666666666666664) (f64.mul (local.get $r)
      (f64.add (f64.const 0.008333333333333333) (f64.mul (local.get $r)
      (f64.add (f64.const 0.001388888888888889) (f64.mul (local.get $r)
      (f64.add (f64.const 1.984126984126984e-4) (f64.mul (local.get $r)
      (f64.add (f64.const 2.48015873015873e-5) (f64.mul (local.get $r)
      (f64.add (f64.const 2.7557319223985893e-6) (f64.mul (local.get $r)
      (f64.add (f64.const 2.755731922398589e-7) (f64.mul (local.get $r)
        (f64.const 2.505210838544172e-8)))))))))))))))))))))))))

  ;; Writes the stream that tiles read: for each row i32 bytes of its records and `width` biases, f32, and then the
  ;; records, an i32 offset and `width` weights, f32. Rows of more than `most` records come in parts, as tiles say. src:
  ;; column offsets, i32 each, where `step` is 0 (they are `step` times the column elsewhere); then the block of biases and
  ;; that of weights, those of a record side by side; then, where `masked`, a bit for each place of a record, lowest first.
  ;; Row r reads `plane` bytes further for each `rows per plane` rows, round and round after `planes`. From row `first` on
  ;; rows go on with sums that are there.
  (func $expand_rows (param $src i32) (param $dst i32) (param $rows i32) (param $columns i32) (param $width i32)
    (param $step i32) (param $most i32) (param $masked i32) (param $rows_per_plane i32) (param $planes i32) (param $plane i32) (param $first i32)
    (local $biases i32) (local $weights i32) (local $next i32) (local $number i32) (local $bits i32) (local $bit i32)
    (local $stop i32) (local $n i32) (local $i i32) (local $row i32) (local $head i32) (local $count i32) (local $shift i32)
    (local $column i32) (local $word i64) (local $offset i32) (local $plain i32)
    (local.set $biases (local.get $src))
    (if (i32.eqz (local.get $step))
      (then (local.set $biases (i32.add (local.get $src) (i32.shl (local.get $columns) (i32.const 2))))))
    (local.set $weights (i32.add (local.get $biases) (i32.load (local.get $biases))))
    (local.set $bits (i32.add (local.get $weights) (i32.load (local.get $weights))))
    (local.set $plain (i32.eq (i32.load offset=4 (local.get $weights)) (i32.const 32)))
    (loop $next_row
      (local.set $shift
        (i32.mul (local.get $plane)
          (i32.rem_u (i32.div_u (local.get $row) (local.get $rows_per_plane)) (local.get $planes))))
      (local.set $head (local.get $dst))
      (i32.store (local.get $head) (i32.ge_u (local.get $row) (local.get $first)))
      (local.set $count (i32.const 0))
      (local.set $dst (i32.add (local.get $dst) (i32.const 4)))
      (local.set $number (i32.mul (local.get $row) (local.get $width)))
      (local.set $i (i32.const 0))
      (loop $next_bias
        (f32.store (local.get $dst)
          (call $stored_value (local.get $biases) (i32.add (local.get $number) (local.get $i)) (i32.const 0)))
        (local.set $dst (i32.add (local.get $dst) (i32.const 4)))
        (br_if $next_bias (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $width))))
      (local.set $bit (i32.mul (local.get $row) (local.get $columns)))
      (local.set $stop (i32.add (local.get $bit) (local.get $columns)))
      (local.set $column (i32.const 0))
      (loop $next_word
        ;; As many of the row's bits as one load surely gives, up to 56.
        (local.set $n (i32.sub (local.get $stop) (local.get $bit)))
        (local.set $n (select (i32.const 56) (local.get $n) (i32.gt_u (local.get $n) (i32.const 56))))
        (local.set $word (i64.const -1))
        (if (local.get $masked)
          (then
            (local.set $word
              (i64.shr_u
                (i64.load (i32.add (local.get $bits) (i32.shr_u (local.get $bit) (i32.const 3))))
                (i64.extend_i32_u (i32.and (local.get $bit) (i32.const 7)))))))
        (local.set $word
          (i64.and (local.get $word)
            (i64.sub (i64.shl (i64.const 1) (i64.extend_i32_u (local.get $n))) (i64.const 1))))
        (block $none
          (loop $next_live
            (br_if $none (i64.eqz (local.get $word)))
            (if (i32.eq (local.get $count) (local.get $most))
              (then
                (call $end_part (local.get $head) (local.get $dst) (local.get $width) (i32.const 2))
                (i32.store (local.get $dst) (i32.const 1))
                (local.set $i (local.get $width))
                (loop $same_bias
                  (local.set $head (i32.add (local.get $head) (i32.const 4)))
                  (local.set $dst (i32.add (local.get $dst) (i32.const 4)))
                  (f32.store (local.get $dst) (f32.load (local.get $head)))
                  (br_if $same_bias (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
                (local.set $head (i32.sub (local.get $dst) (i32.shl (local.get $width) (i32.const 2))))
                (local.set $dst (i32.add (local.get $dst) (i32.const 4)))
                (local.set $count (i32.const 0))))
            (local.set $count (i32.add (local.get $count) (i32.const 1)))
            (local.set $offset (i32.add (local.get $column) (i32.wrap_i64 (i64.ctz (local.get $word)))))
            (local.set $word (i64.and (local.get $word) (i64.sub (local.get $word) (i64.const 1))))
            (i32.store (local.get $dst)
              (i32.add (local.get $shift)
                (if (result i32) (local.get $step)
                  (then (i32.mul (local.get $offset) (local.get $step)))
                  (else
                    (i32.load (i32.add (local.get $src) (i32.shl (local.get $offset) (i32.const 2))))))))
            (local.set $dst (i32.add (local.get $dst) (i32.const 4)))
            (local.set $i (i32.const 0))
            (loop $next_value
              (f32.store (local.get $dst)
                (if (result f32) (local.get $plain)
                  (then (f32.load offset=20 (i32.add (local.get $weights) (i32.shl (local.get $next) (i32.const 2)))))
                  (else
                    (call $stored_value
                      (local.get $weights) (local.get $next) (i32.add (local.get $number) (local.get $i))))))
              (local.set $next (i32.add (local.get $next) (i32.const 1)))
              (local.set $dst (i32.add (local.get $dst) (i32.const 4)))
              (br_if $next_value (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $width))))
            (br $next_live)))
        (local.set $column (i32.add (local.get $column) (local.get $n)))
        (br_if $next_word
          (i32.lt_u (local.tee $bit (i32.add (local.get $bit) (local.get $n))) (local.get $stop))))
      (call $end_part (local.get $head) (local.get $dst) (local.get $width) (i32.const 0))
      (br_if $next_row
        (i32.lt_u (local.tee $row (i32.add (local.get $row) (i32.const 1))) (local.get $rows)))))

  ;; Adds to what its head says of a part: the bytes of its records, which end at `end`, and whether another follows.
  (func $end_part (param $head i32) (param $end i32) (param $width i32) (param $follows i32)
    (i32.store (local.get $head)
      (i32.or
        (i32.or (i32.load (local.get $head)) (local.get $follows))
        (i32.sub
          (i32.sub (local.get $end) (local.get $head))
          (i32.add (i32.const 4) (i32.shl (local.get $width) (i32.const 2)))))))

  ;; The sine of x radians; NaN for infinities.
  (func $sin (param $x f32) (result f32)
    (call $sin_cos (local.get $x) (i32.const 0)))

  ;; sin(x + turn pi/2). x = n pi/2 + r with |r| <= pi/4: below 2^28 by subtracting n times pi/2 in three parts, above
  ;; with as many bits of 2/pi as the exponent of x asks for (Payne and Hanek, "Radian reduction for trigonometric
  ;; functions", 1983). Then the Taylor series of sine or cosine.
  (func $sin_cos (param $x f32) (param $turn i32) (result f32)
    (local $t f64) (local $n f64) (local $r f64) (local $q f64)
    (local $e i64) (local $m i64) (local $a i64) (local $b i64) (local $c i64) (local $far i32)
    (if (i32.eqz (f32.lt (f32.abs (local.get $x)) (f32.const inf)))
      (then (return (f32.sub (local.get $x) (local.get $x)))))
    (if (f32.lt (f32.abs (local.get $x)) (f32.const 0x1p28))
      (then
        (local.set $t (f64.promote_f32 (local.get $x)))
        (local.set $n (f64.nearest (f64.mul (local.get $t) (f64.const 0.6366197723675814))))
        (local.set $r
          (f64.sub
            (f64.sub
              (f64.sub (local.get $t) (f64.mul (local.get $n) (f64.const 0x1.921fb50000000p+0)))
              (f64.mul (local.get $n) (f64.const 0x1.110b460000000p-26)))
            (f64.mul (local.get $n) (f64.const 0x1.1a62633145c07p-54))))
        (local.set $turn (i32.add (local.get $turn) (i32.trunc_sat_f64_s (local.get $n)))))
      (else
        ;; |x| = m 2^(e + 2). The bits of 2/pi before place e make whole turns, which do not count.
        (local.set $m (i64.extend_i32_u (i32.reinterpret_f32 (f32.abs (local.get $x)))))
        (local.set $e (i64.sub (i64.shr_u (local.get $m) (i64.const 23)) (i64.const 152)))
        (local.set $m (i64.or (i64.and (local.get $m) (i64.const 0x7fffff)) (i64.const 0x800000)))
        (local.set $far (i64.ge_s (local.get $e) (i64.const 64)))
        (local.set $a
          (select (i64.const 0xfc2757d1f534ddc0) (i64.const 0xa2f9836e4e441529) (local.get $far)))
        (local.set $b
          (select (i64.const 0xdb6295993c439041) (i64.const 0xfc2757d1f534ddc0) (local.get $far)))
        (local.set $c
          (select (i64.const 0xfe5163abdebbc561) (i64.const 0xdb6295993c439041) (local.get $far)))
        (local.set $e (i64.and (local.get $e) (i64.const 63)))
        (local.set $a (call $shifted (local.get $a) (local.get $b) (local.get $e)))
        (local.set $b (call $shifted (local.get $b) (local.get $c) (local.get $e)))
        ;; Quarter turns with 62 bits after the point.
        (local.set $a
          (i64.add
            (i64.mul (local.get $m) (local.get $a))
            (i64.shr_u (i64.mul (local.get $m) (i64.shr_u (local.get $b) (i64.const 32))) (i64.const 32))))
        (local.set $b
          (i64.shr_u (i64.add (local.get $a) (i64.const 0x2000000000000000)) (i64.const 62)))
        (local.set $r
          (f64.mul
            (f64.convert_i64_s (i64.sub (local.get $a) (i64.shl (local.get $b) (i64.const 62))))
            (f64.const 0x1.921fb54442d18p-62)))
        (if (f32.lt (local.get $x) (f32.const 0))
          (then
            (local.set $r (f64.neg (local.get $r)))
            (local.set $b (i64.sub (i64.const 0) (local.get $b)))))
        (local.set $turn (i32.add (local.get $turn) (i32.wrap_i64 (local.get $b))))))
    (local.set $q (f64.mul (local.get $r) (local.get $r)))
    (local.set $r
      (if (result f64) (i32.and (local.get $turn) (i32.const 1))
        (then
          (f64.add (f64.const 1) (f64.mul (local.get $q)
          (f64.add (f64.const -0.5) (f64.mul (local.get $q)
          (f64.add (f64.const 0.041666666666666664) (f64.mul (local.get $q)
          (f64.add (f64.const -0.001388888888888889) (f64.mul (local.get $q)
          (f64.add (f64.const 2.48015873015873e-5) (f64.mul (local.get $q)
          (f64.add (f64.const -2.755731922398589e-7) (f64.mul (local.get $q)
            (f64.const 2.08767569878681e-9))))))))))))))
        (else
          (f64.add (local.get $r) (f64.mul (f64.mul (local.get $r) (local.get $q))
          (f64.add (f64.const -0.16666666666666666) (f64.mul (local.get $q)
          (f64.add (f64.const 0.008333333333333333) (f64.mul (local.get $q)
          (f64.add (f64.const -1.984126984126984e-4) (f64.mul (local.get $q)
          (f64.add (f64.const 2.7557319223985893e-6) (f64.mul (local.get $q)
          (f64.add (f64.const -2.505210838544172e-8) (f64.mul (local.get $q)
            (f64.const 1.6059043836821613e-10))))))))))))))))
    (f32.demote_f64
      (if (result f64) (i32.and (local.get $turn) (i32.const 2))
        (then (f64.neg (local.get $r)))
        (else (local.get $r)))))

  ;; The 64 bits from bit n of two words on, n in 0..63.
  (func $shifted (param $high i64) (param $low i64) (param $n i64) (result i64)
    (if (result i64) (i64.eqz (local.get $n))
      (then (local.get $high))
      (else
        (i64.or
          (i64.shl (local.get $high) (local.get $n))
          (i64.shr_u (local.get $low) (i64.sub (i64.const 64) (local.get $n)))))))

  ;; Number n of a block, of row `row`. A block: i32 its bytes, the bits of a number, what is taken from a code, how many
  ;; scales and how many entries of a table there are; these, f32; and the numbers: f32, or codes of up to 8 bits, which
  ;; count from zero or say a place in the table, in the scale of their row where there are scales.
  (func $stored_value (param $block i32) (param $n i32) (param $row i32) (result f32)
    (local $bits i32) (local $scales i32) (local $entries i32) (local $side i32) (local $numbers i32) (local $code i32)
    (local $value f32)
    (local.set $bits (i32.load offset=4 (local.get $block)))
    (local.set $scales (i32.load offset=12 (local.get $block)))
    (local.set $entries (i32.load offset=16 (local.get $block)))
    (local.set $side (i32.add (local.get $block) (i32.const 20)))
    (local.set $numbers
      (i32.add (local.get $side) (i32.shl (i32.add (local.get $scales) (local.get $entries)) (i32.const 2))))
    (if (i32.eq (local.get $bits) (i32.const 32))
      (then (return (f32.load (i32.add (local.get $numbers) (i32.shl (local.get $n) (i32.const 2)))))))
    (local.set $n (i32.mul (local.get $n) (local.get $bits)))
    (local.set $code
      (i32.and
        (i32.shr_u
          (i32.load16_u (i32.add (local.get $numbers) (i32.shr_u (local.get $n) (i32.const 3))))
          (i32.and (local.get $n) (i32.const 7)))
        (i32.sub (i32.shl (i32.const 1) (local.get $bits)) (i32.const 1))))
    (local.set $value
      (if (result f32) (local.get $entries)
        (then
          (f32.load
            (i32.add (local.get $side) (i32.shl (i32.add (local.get $scales) (local.get $code)) (i32.const 2)))))
        (else (f32.convert_i32_s (i32.sub (local.get $code) (i32.load offset=8 (local.get $block)))))))
    (if (result f32) (local.get $scales)
      (then
        (f32.mul
          (local.get $value)
          (f32.load
            (i32.add (local.get $side) (i32.shl (i32.rem_u (local.get $row) (local.get $scales)) (i32.const 2))))))
      (else (local.get $value))))

  ;; Copies pictures from rows of channels to panels.
  ;; `pixels` pixels of `channels` channels; four by four where there are four of both.
  (func $to_panels (param $x i32) (param $y i32) (param $pixels i32) (param $channels i32)
    (param $pictures i32) (param $xpicture i32) (param $ypicture i32)
    (local $pixel i32) (local $row i32) (local $p i32) (local $q i32) (local $at i32) (local $end i32) (local $i i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $t0 v128) (local $t1 v128) (local $t2 v128) (local $t3 v128)
    (local.set $row (i32.shl (local.get $channels) (i32.const 2)))
    (loop $picture
      (local.set $pixel (i32.const 0))
      (loop $quad
        (local.set $at
          (i32.add (local.get $y)
            (i32.add
              (i32.mul (i32.div_u (local.get $pixel) (i32.const 28)) (i32.mul (local.get $channels) (i32.const 112)))
              (i32.shl (i32.rem_u (local.get $pixel) (i32.const 28)) (i32.const 2)))))
        (local.set $p (i32.add (local.get $x) (i32.mul (local.get $pixel) (local.get $row))))
        (local.set $q (local.get $at))
        (local.set $end (i32.add (local.get $p) (i32.and (local.get $row) (i32.const -16))))
        (if (i32.and
              (i32.ge_u (local.get $pixels) (i32.add (local.get $pixel) (i32.const 4)))
              (i32.ne (local.get $p) (local.get $end)))
          (then
          (loop $four
            (local.set $a (v128.load (local.get $p)))
            (local.set $b (v128.load (i32.add (local.get $p) (i32.mul (local.get $row) (i32.const 1)))))
            (local.set $c (v128.load (i32.add (local.get $p) (i32.mul (local.get $row) (i32.const 2)))))
            (local.set $d (v128.load (i32.add (local.get $p) (i32.mul (local.get $row) (i32.const 3)))))
            (local.set $t0 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $a) (local.get $b)))
            (local.set $t1 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $a) (local.get $b)))
            (local.set $t2 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c) (local.get $d)))
            (local.set $t3 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c) (local.get $d)))
            (v128.store offset=0 (local.get $q)
              (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $t0) (local.get $t2)))
            (v128.store offset=112 (local.get $q)
              (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $t0) (local.get $t2)))
            (v128.store offset=224 (local.get $q)
              (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $t1) (local.get $t3)))
            (v128.store offset=336 (local.get $q)
              (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $t1) (local.get $t3)))
            (local.set $q (i32.add (local.get $q) (i32.const 448)))
            (br_if $four
              (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 16))) (local.get $end))))))
        ;; What is left of the channels, or all of them, for each of the pixels.
        (local.set $i (i32.sub (local.get $pixels) (local.get $pixel)))
        (local.set $i (select (i32.const 4) (local.get $i) (i32.gt_u (local.get $i) (i32.const 4))))
        (call $to_panels_rest (local.get $p) (local.get $q) (local.get $i)
          (i32.sub (local.get $channels)
            (i32.shr_u
              (i32.sub (local.get $p) (i32.add (local.get $x) (i32.mul (local.get $pixel) (local.get $row))))
              (i32.const 2)))
          (local.get $row))
        (br_if $quad
          (i32.lt_u (local.tee $pixel (i32.add (local.get $pixel) (i32.const 4))) (local.get $pixels))))
      (local.set $x (i32.add (local.get $x) (local.get $xpicture)))
      (local.set $y (i32.add (local.get $y) (local.get $ypicture)))
      (br_if $picture (local.tee $pictures (i32.sub (local.get $pictures) (i32.const 1))))))

  ;; `channels` channels of `pixels` pixels, one by one; p is plain and q in panels.
  (func $to_panels_rest (param $p i32) (param $q i32) (param $pixels i32) (param $channels i32) (param $row i32)
    (local $i i32) (local $next_p i32) (local $next_q i32)
    (if (i32.eqz (local.get $channels)) (then (return)))
    (loop $pixel
      (local.set $next_p (i32.add (local.get $p) (local.get $row)))
      (local.set $next_q (i32.add (local.get $q) (i32.const 4)))
      (local.set $i (local.get $channels))
      (loop $channel
        (f32.store (local.get $q) (f32.load (local.get $p)))
        (local.set $p (i32.add (local.get $p) (i32.const 4)))
        (local.set $q (i32.add (local.get $q) (i32.const 112)))
        (br_if $channel (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (local.set $p (local.get $next_p))
      (local.set $q (local.get $next_q))
      (br_if $pixel (local.tee $pixels (i32.sub (local.get $pixels) (i32.const 1))))))

  ;; Copies pictures from panels to rows of channels.
  ;; `pixels` pixels of `channels` channels; four by four where there are four of both.
  (func $to_plain (param $x i32) (param $y i32) (param $pixels i32) (param $channels i32)
    (param $pictures i32) (param $xpicture i32) (param $ypicture i32)
    (local $pixel i32) (local $row i32) (local $p i32) (local $q i32) (local $at i32) (local $end i32) (local $i i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $t0 v128) (local $t1 v128) (local $t2 v128) (local $t3 v128)
    (local.set $row (i32.shl (local.get $channels) (i32.const 2)))
    (loop $picture
      (local.set $pixel (i32.const 0))
      (loop $quad
        (local.set $at
          (i32.add (local.get $x)
            (i32.add
              (i32.mul (i32.div_u (local.get $pixel) (i32.const 28)) (i32.mul (local.get $channels) (i32.const 112)))
              (i32.shl (i32.rem_u (local.get $pixel) (i32.const 28)) (i32.const 2)))))
        (local.set $p (i32.add (local.get $y) (i32.mul (local.get $pixel) (local.get $row))))
        (local.set $q (local.get $at))
        (local.set $end (i32.add (local.get $p) (i32.and (local.get $row) (i32.const -16))))
        (if (i32.and
              (i32.ge_u (local.get $pixels) (i32.add (local.get $pixel) (i32.const 4)))
              (i32.ne (local.get $p) (local.get $end)))
          (then
          (loop $four
            (local.set $a (v128.load offset=0 (local.get $q)))
            (local.set $b (v128.load offset=112 (local.get $q)))
            (local.set $c (v128.load offset=224 (local.get $q)))
            (local.set $d (v128.load offset=336 (local.get $q)))
            (local.set $t0 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $a) (local.get $b)))
            (local.set $t1 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $a) (local.get $b)))
            (local.set $t2 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $c) (local.get $d)))
            (local.set $t3 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $c) (local.get $d)))
            (v128.store (local.get $p)
              (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $t0) (local.get $t2)))
            (v128.store (i32.add (local.get $p) (i32.mul (local.get $row) (i32.const 1)))
              (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $t0) (local.get $t2)))
            (v128.store (i32.add (local.get $p) (i32.mul (local.get $row) (i32.const 2)))
              (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $t1) (local.get $t3)))
            (v128.store (i32.add (local.get $p) (i32.mul (local.get $row) (i32.const 3)))
              (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $t1) (local.get $t3)))
            (local.set $q (i32.add (local.get $q) (i32.const 448)))
            (br_if $four
              (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 16))) (local.get $end))))))
        ;; What is left of the channels, or all of them, for each of the pixels.
        (local.set $i (i32.sub (local.get $pixels) (local.get $pixel)))
        (local.set $i (select (i32.const 4) (local.get $i) (i32.gt_u (local.get $i) (i32.const 4))))
        (call $to_plain_rest (local.get $p) (local.get $q) (local.get $i)
          (i32.sub (local.get $channels)
            (i32.shr_u
              (i32.sub (local.get $p) (i32.add (local.get $y) (i32.mul (local.get $pixel) (local.get $row))))
              (i32.const 2)))
          (local.get $row))
        (br_if $quad
          (i32.lt_u (local.tee $pixel (i32.add (local.get $pixel) (i32.const 4))) (local.get $pixels))))
      (local.set $x (i32.add (local.get $x) (local.get $xpicture)))
      (local.set $y (i32.add (local.get $y) (local.get $ypicture)))
      (br_if $picture (local.tee $pictures (i32.sub (local.get $pictures) (i32.const 1))))))

  ;; `channels` channels of `pixels` pixels, one by one; p is plain and q in panels.
  (func $to_plain_rest (param $p i32) (param $q i32) (param $pixels i32) (param $channels i32) (param $row i32)
    (local $i i32) (local $next_p i32) (local $next_q i32)
    (if (i32.eqz (local.get $channels)) (then (return)))
    (loop $pixel
      (local.set $next_p (i32.add (local.get $p) (local.get $row)))
      (local.set $next_q (i32.add (local.get $q) (i32.const 4)))
      (local.set $i (local.get $channels))
      (loop $channel
        (f32.store (local.get $p) (f32.load (local.get $q)))
        (local.set $p (i32.add (local.get $p) (i32.const 4)))
        (local.set $q (i32.add (local.get $q) (i32.const 112)))
        (br_if $channel (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (local.set $p (local.get $next_p))
      (local.set $q (local.get $next_q))
      (br_if $pixel (local.tee $pixels (i32.sub (local.get $pixels) (i32.const 1))))))

  ;; %t = unary(%c) fn=sin : f32[1x4x7x4, panel 28]
  (func $step_t
    (local $i i32)
    (local.set $i (i32.const 0))
    (loop $i
      (f32.store offset=1280
        (i32.shl (local.get $i) (i32.const 2))
        (call $sin (f32.load offset=832 (i32.shl (local.get $i) (i32.const 2)))))
      (br_if $i (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 112)))))

  ;; %y = softmax(%t_plain) axis=2 : f32[1x4x7x4]
  (func $step_y
    (local $j i32)
    (local $l i32)
    (local $largest f32)
    (local $k i32)
    (local $b f32)
    (local $total f32)
    (local $k1 i32)
    (local $part f32)
    (local $k2 i32)
    (local.set $j (i32.const 0))
    (loop $j
      (local.set $l (i32.const 0))
      (loop $l
        (local.set $largest (f32.const -inf))
        (local.set $k (i32.const 0))
        (loop $k
          (local.set $largest
            (select
              (local.tee $b
                (f32.load offset=832
                  (i32.shl
                    (i32.add
                      (i32.mul (i32.add (i32.mul (local.get $j) (i32.const 7)) (local.get $k)) (i32.const 4))
                      (local.get $l))
                    (i32.const 2))))
              (local.get $largest)
              (f32.lt (local.get $largest) (local.get $b))))
          (br_if $k (i32.lt_s (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 7))))
        (local.set $total (f32.const 0))
        (local.set $k1 (i32.const 0))
        (loop $k1
          (local.set $part
            (call $exp
              (f32.sub
                (f32.load offset=832
                  (i32.shl
                    (i32.add
                      (i32.mul (i32.add (i32.mul (local.get $j) (i32.const 7)) (local.get $k1)) (i32.const 4))
                      (local.get $l))
                    (i32.const 2)))
                (local.get $largest))))
          (f32.store offset=384
            (i32.shl
              (i32.add
                (i32.mul (i32.add (i32.mul (local.get $j) (i32.const 7)) (local.get $k1)) (i32.const 4))
                (local.get $l))
              (i32.const 2))
            (local.get $part))
          (local.set $total (f32.add (local.get $total) (local.get $part)))
          (br_if $k1 (i32.lt_s (local.tee $k1 (i32.add (local.get $k1) (i32.const 1))) (i32.const 7))))
        (local.set $k2 (i32.const 0))
        (loop $k2
          (f32.store offset=384
            (i32.shl
              (i32.add
                (i32.mul (i32.add (i32.mul (local.get $j) (i32.const 7)) (local.get $k2)) (i32.const 4))
                (local.get $l))
              (i32.const 2))
            (f32.div
              (f32.load offset=384
                (i32.shl
                  (i32.add
                    (i32.mul (i32.add (i32.mul (local.get $j) (i32.const 7)) (local.get $k2)) (i32.const 4))
                    (local.get $l))
                  (i32.const 2)))
              (local.get $total)))
          (br_if $k2 (i32.lt_s (local.tee $k2 (i32.add (local.get $k2) (i32.const 1))) (i32.const 7))))
        (br_if $l (i32.lt_s (local.tee $l (i32.add (local.get $l) (i32.const 1))) (i32.const 4))))
      (br_if $j (i32.lt_s (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 4)))))

  ;; Expands stored constants, once: the module is started by it.
  (func $init
    (call $copy_bytes (i32.const 416 (; to ;)) (i32.const 72 (; bytes ;)) (i32.const 329 (; from ;)))
    (call $copy_bytes (i32.const 488 (; to ;)) (i32.const 9 (; bytes ;)) (i32.const 320 (; from ;)))
    (call $expand_rows
      (i32.const 416 (; v_c_rows_stored ;)) (i32.const 320 (; v_c_rows ;)) (i32.const 4 (; rows ;))
      (i32.const 2 (; columns ;)) (i32.const 1 (; width ;)) (i32.const 112 (; step ;)) (i32.const 64 (; most ;))
      (i32.const 1 (; masked ;)) (i32.const 4 (; rows_per_plane ;)) (i32.const 1 (; planes ;))
      (i32.const 224 (; plane ;)) (i32.const 4 (; first ;))))
  (start $init)

  ;; One call of each routine, for engines to see that it is worth compiling well.
  (func (export "warm")
    (call $to_panels
      (i32.const 0 (; v_x ;)) (i32.const 1280 (; v_x_panel ;)) (i32.const 28 (; pixels ;))
      (i32.const 2 (; channels ;)) (i32.const 1 (; pictures ;)) (i32.const 224 (; xpicture ;))
      (i32.const 224 (; ypicture ;)))
    (call $conv_panels_csr_1x7
      (i32.const 1280 (; v_x_panel ;)) (i32.const 832 (; v_c ;)) (i32.const 0 (; residual ;))
      (i32.const 320 (; v_c_rows ;)) (i32.const 4 (; rows ;)) (i32.const 1 (; passes ;)) (i32.const 0 (; first ;))
      (i32.const 1 (; last ;)) (i32.const 224 (; xpanel ;)) (i32.const 448 (; ypanel ;)) (f32.const 0 (; low ;))
      (f32.const 6 (; high ;)))
    (call $to_plain
      (i32.const 1280 (; v_t ;)) (i32.const 832 (; v_t_plain ;)) (i32.const 28 (; pixels ;))
      (i32.const 4 (; channels ;)) (i32.const 1 (; pictures ;)) (i32.const 448 (; xpicture ;))
      (i32.const 448 (; ypicture ;))))

  ;; One inference.
  (func (export "run")
    ;; %x_panel = relayout(%x) : f32[1x4x7x2, panel 28]
    (call $to_panels
      (i32.const 0 (; v_x ;)) (i32.const 1280 (; v_x_panel ;)) (i32.const 28 (; pixels ;))
      (i32.const 2 (; channels ;)) (i32.const 1 (; pictures ;)) (i32.const 224 (; xpicture ;))
      (i32.const 224 (; ypicture ;)))
    ;; %c = conv2d(%x_panel, %w, %b) stride=[1 1] dilation=[1 1] pad=[0 0 0 0] groups=1 activation=relu6 : f32[1x4x7x4, panel 28] from "layer \"one\"\n;; 2"
    (call $conv_panels_csr_1x7
      (i32.const 1280 (; v_x_panel ;)) (i32.const 832 (; v_c ;)) (i32.const 0 (; residual ;))
      (i32.const 320 (; v_c_rows ;)) (i32.const 4 (; rows ;)) (i32.const 1 (; passes ;)) (i32.const 0 (; first ;))
      (i32.const 1 (; last ;)) (i32.const 224 (; xpanel ;)) (i32.const 448 (; ypanel ;)) (f32.const 0 (; low ;))
      (f32.const 6 (; high ;)))
    ;; %t = unary(%c) fn=sin : f32[1x4x7x4, panel 28]
    (call $step_t)
    ;; %t_plain = relayout(%t) : f32[1x4x7x4]
    (call $to_plain
      (i32.const 1280 (; v_t ;)) (i32.const 832 (; v_t_plain ;)) (i32.const 28 (; pixels ;))
      (i32.const 4 (; channels ;)) (i32.const 1 (; pictures ;)) (i32.const 448 (; xpicture ;))
      (i32.const 448 (; ypicture ;)))
    ;; %y = softmax(%t_plain) axis=2 : f32[1x4x7x4]
    (call $step_y)
  ))
