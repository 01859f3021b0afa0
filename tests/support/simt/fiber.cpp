// SPDX-License-Identifier: Apache-2.0
#include "fiber.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

// ucontext saves the signal mask with a system call at every switch, some twenty times the cost of the switch below.
#if defined(__x86_64__) && !defined(SIMT_USE_UCONTEXT)
#define SIMT_ASSEMBLY_SWITCH 1
#else
#define SIMT_ASSEMBLY_SWITCH 0
#include <ucontext.h>
#endif

namespace simt {

#if SIMT_ASSEMBLY_SWITCH

// System V ABI: a callee keeps rbx, rbp, r12-r15 and the floating-point control words.  They go on the stack that is
// left, and the stack pointer is all that remains to be exchanged.
extern "C" void simt_switch_stack(void** left, void* entered);
asm(R"(
.text
.globl simt_switch_stack
.type simt_switch_stack, @function
.balign 16
simt_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  subq $8, %rsp
  stmxcsr (%rsp)
  fnstcw 4(%rsp)
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  ldmxcsr (%rsp)
  fldcw 4(%rsp)
  addq $8, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size simt_switch_stack, .-simt_switch_stack
)");

#endif

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t stack_bytes = 256 * 1024;  // sanitizers pad every frame
#else
constexpr std::size_t stack_bytes = 64 * 1024;
#endif

}  // namespace

struct Fiber::Impl {
  Entry entry = nullptr;
  std::byte* mapping = nullptr;  // a guard page, then the stack
  std::size_t mapping_bytes = 0;
  std::byte* stack = nullptr;
#if SIMT_ASSEMBLY_SWITCH
  void* inside = nullptr;
  void* outside = nullptr;
#else
  ucontext_t inside;
  ucontext_t outside;
#endif
#if defined(__SANITIZE_ADDRESS__)
  void* fake_stack_inside = nullptr;
  void* fake_stack_outside = nullptr;
  const void* caller_stack = nullptr;
  std::size_t caller_stack_bytes = 0;
#endif
#if defined(__SANITIZE_THREAD__)
  void* tsan_inside = nullptr;
  void* tsan_outside = nullptr;
#endif
};

Fiber* Fiber::running_ = nullptr;

Fiber::Fiber(Entry entry) : impl_(new Impl) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  impl_->entry = entry;
  impl_->mapping_bytes = stack_bytes + page;
  void* mapping = mmap(nullptr, impl_->mapping_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) {
    delete impl_;
    throw std::bad_alloc();
  }
  // A kernel that overruns its stack faults instead of writing into the next fiber.
  mprotect(mapping, page, PROT_NONE);
  impl_->mapping = static_cast<std::byte*>(mapping);
  impl_->stack = impl_->mapping + page;
  prepare();
}

Fiber::~Fiber() {
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(impl_->stack, stack_bytes);
#endif
#if defined(__SANITIZE_THREAD__)
  __tsan_destroy_fiber(impl_->tsan_inside);
#endif
  munmap(impl_->mapping, impl_->mapping_bytes);
  delete impl_;
}

void Fiber::rewind() {
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(impl_->stack, stack_bytes);  // frames left behind by the forgotten call
#endif
#if defined(__SANITIZE_THREAD__)
  __tsan_destroy_fiber(impl_->tsan_inside);
#endif
  prepare();
}

void Fiber::prepare() {
#if SIMT_ASSEMBLY_SWITCH
  // What simt_switch_stack expects to pop: control words, six registers, and the address to return to.  The word above
  // keeps the stack pointer where a call would have left it, 8 past a multiple of 16.
  auto* top = reinterpret_cast<std::uint64_t*>(impl_->stack + stack_bytes) - 1;
  *top = 0;
  *--top = reinterpret_cast<std::uint64_t>(&Fiber::run_forever);
  for (int i = 0; i < 6; ++i) *--top = 0;
  std::uint32_t mxcsr;
  std::uint16_t x87_control;
  asm volatile("stmxcsr %0" : "=m"(mxcsr));
  asm volatile("fnstcw %0" : "=m"(x87_control));
  *--top = mxcsr | static_cast<std::uint64_t>(x87_control) << 32;
  impl_->inside = top;
#else
  getcontext(&impl_->inside);
  impl_->inside.uc_stack.ss_sp = impl_->stack;
  impl_->inside.uc_stack.ss_size = stack_bytes;
  impl_->inside.uc_link = nullptr;
  makecontext(&impl_->inside, reinterpret_cast<void (*)()>(&Fiber::run_forever), 0);
#endif
#if defined(__SANITIZE_ADDRESS__)
  impl_->fake_stack_inside = nullptr;
#endif
#if defined(__SANITIZE_THREAD__)
  impl_->tsan_inside = __tsan_create_fiber(0);
#endif
}

void Fiber::resume() {
  running_ = this;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&impl_->fake_stack_outside, impl_->stack, stack_bytes);
#endif
#if defined(__SANITIZE_THREAD__)
  impl_->tsan_outside = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(impl_->tsan_inside, 0);
#endif
#if SIMT_ASSEMBLY_SWITCH
  simt_switch_stack(&impl_->outside, impl_->inside);
#else
  swapcontext(&impl_->outside, &impl_->inside);
#endif
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(impl_->fake_stack_outside, nullptr, nullptr);
#endif
  running_ = nullptr;
}

void Fiber::suspend() {
  Impl& fiber = *running_->impl_;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&fiber.fake_stack_inside, fiber.caller_stack, fiber.caller_stack_bytes);
#endif
#if defined(__SANITIZE_THREAD__)
  __tsan_switch_to_fiber(fiber.tsan_outside, 0);
#endif
#if SIMT_ASSEMBLY_SWITCH
  simt_switch_stack(&fiber.inside, fiber.outside);
#else
  swapcontext(&fiber.inside, &fiber.outside);
#endif
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fiber.fake_stack_inside, &fiber.caller_stack, &fiber.caller_stack_bytes);
#endif
}

void Fiber::run_forever() {
#if defined(__SANITIZE_ADDRESS__)
  Impl& fiber = *running_->impl_;
  __sanitizer_finish_switch_fiber(nullptr, &fiber.caller_stack, &fiber.caller_stack_bytes);
#endif
  for (;;) {
    running_->impl_->entry();
    suspend();
  }
}

}  // namespace simt
