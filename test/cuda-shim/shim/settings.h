/*
 * What the machine pretends to be, as the environment says it. A program may change `cuda_shim::settings` as well.
 *   CUDA_SHIM_DEVICES=0          no device
 *   CUDA_SHIM_DRIVER=11040       version of the driver
 *   CUDA_SHIM_ARCH=75            of the device; 90 unless given
 *   CUDA_SHIM_NO_IMAGE=1         kernels were built for other devices
 *   CUDA_SHIM_MEMORY=1000000     bytes of the device
 *   CUDA_SHIM_COPIES=early       copies to shared memory take place when they are asked for, and products of warpgroups when they
 *                                are waited for; else both as late as may be
 *   CUDA_SHIM_ORDER=backward     in which order threads run between barriers: forward, backward, random
 */
#pragma once
#include <stdlib.h>
#include <string.h>

namespace cuda_shim {

enum class Order { forward, backward, random };

struct Settings {
  int devices = 1, driver = 13000, arch = 90, processors = 132;
  bool noImage = false, early = false;
  size_t memory = size_t{16} << 30;
  Order order = Order::forward;
  const char *name = "cuda shim";
};

inline long long numberIn(const char *name, long long otherwise) {
  const char *text = getenv(name);
  return text ? atoll(text) : otherwise;
}

inline Settings settingsOfEnvironment() {
  Settings s;
  s.devices = static_cast<int>(numberIn("CUDA_SHIM_DEVICES", s.devices));
  s.driver = static_cast<int>(numberIn("CUDA_SHIM_DRIVER", s.driver));
  s.arch = static_cast<int>(numberIn("CUDA_SHIM_ARCH", s.arch));
  s.noImage = numberIn("CUDA_SHIM_NO_IMAGE", 0) != 0;
  s.memory = static_cast<size_t>(numberIn("CUDA_SHIM_MEMORY", static_cast<long long>(s.memory)));
  const char *copies = getenv("CUDA_SHIM_COPIES");
  s.early = copies && strcmp(copies, "early") == 0;
  const char *order = getenv("CUDA_SHIM_ORDER");
  if (order && strcmp(order, "backward") == 0) s.order = Order::backward;
  if (order && strcmp(order, "random") == 0) s.order = Order::random;
  return s;
}

inline Settings settings = settingsOfEnvironment();

}  // namespace cuda_shim
