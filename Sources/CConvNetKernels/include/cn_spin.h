// What a thread executes while it waits for another: tells the core that this is a waiting loop.
#pragma once

static inline void cn_spin_hint(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ volatile("yield");
#endif
}
