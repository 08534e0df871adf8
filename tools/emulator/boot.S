# From GRUB's 32-bit protected mode to 64-bit code: all memory below 4 GiB under its own address, every
# register set of the processor switched on.
.set kFlags, 0x3
.section .multiboot, "a"
.align 4
    .long 0x1BADB002, kFlags, -(0x1BADB002 + kFlags)

.section .text
.code32
.global start
start:
    mov $boot_stack_top, %esp
    mov %ebx, multiboot_information
    # 2048 pages of 2 MiB: four tables of 512 entries behind each other.
    mov $page_directories, %edi
    mov $0x87, %eax                         # present, writable, for programs, large
    mov $2048, %ecx
1:  mov %eax, (%edi)
    movl $0, 4(%edi)
    add $0x200000, %eax
    add $8, %edi
    loop 1b
    mov $page_directories + 7, %eax
    mov $page_pointers, %edi
    mov $4, %ecx
2:  mov %eax, (%edi)
    movl $0, 4(%edi)
    add $0x1000, %eax
    add $8, %edi
    loop 2b
    movl $page_pointers + 7, page_root
    mov $page_root, %eax
    mov %eax, %cr3
    mov %cr4, %eax
    or $0x50620, %eax                       # PAE, SSE and its exceptions, FSGSBASE, XSAVE
    mov %eax, %cr4
    mov $0xC0000080, %ecx                   # EFER: system calls, 64 bits
    rdmsr
    or $0x101, %eax
    wrmsr
    mov %cr0, %eax
    and $0xFFFFFFFB, %eax                   # no emulated FPU
    or $0x80000002, %eax
    mov %eax, %cr0
    lgdt descriptor_table_at
    ljmp $0x08, $long_mode

.code64
long_mode:
    mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %fs
    mov %eax, %gs
    mov $0xD, %eax                          # all state that XSAVE knows, AMX's tiles too
    xor %ecx, %ecx
    cpuid
    xor %ecx, %ecx
    xsetbv
    fninit
    mov $kernel_stack_top, %rsp
    mov multiboot_information(%rip), %edi
    call kernel_main
3:  hlt
    jmp 3b

# A system call on a stack of our own: what lies below the program's stack pointer is still in use.
.global system_call
system_call:
    mov %rsp, program_stack(%rip)
    mov $kernel_stack_top, %rsp
    push %rcx
    push %r11
    push %r10
    push %r9
    push %r8
    push %rdx
    push %rsi
    push %rdi
    push %rax
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, %rdi
    call handle_call
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    pop %rax
    pop %rdi
    pop %rsi
    pop %rdx
    pop %r8
    pop %r9
    pop %r10
    pop %r11
    pop %rcx
    mov program_stack(%rip), %rsp
    push %r11
    popfq
    jmp *%rcx

.global enter_program
enter_program:                              # (rdi: address, rsi: stack)
    mov %rsi, %rsp
    xor %edx, %edx
    xor %ebp, %ebp
    jmp *%rdi

# An exception ends the run: its number, error code and place are printed.
.macro exception number
exception_\number:
    .if \number == 8 || (\number >= 10 && \number <= 14) || \number == 17 || \number == 21
    .else
    push $0
    .endif
    push $\number
    jmp exception_common
.endm
.altmacro
.set i, 0
.rept 32
    exception %i
    .set i, i + 1
.endr
exception_common:
    mov %rsp, %rdi
    mov %cr2, %rsi
    mov $kernel_stack_top, %rsp
    call handle_exception

.section .rodata
.global exception_handlers
.macro handler number
    .quad exception_\number
.endm
exception_handlers:
.set i, 0
.rept 32
    handler %i
    .set i, i + 1
.endr
.align 8
descriptor_table: .quad 0, 0x00AF9A000000FFFF, 0x00CF92000000FFFF
descriptor_table_at: .word 23
    .long descriptor_table

.section .bss
.align 4096
page_root: .skip 4096
page_pointers: .skip 4096
page_directories: .skip 16384
.align 16
.skip 4096
boot_stack_top:
.skip 65536
kernel_stack_top:
.global program_stack
program_stack: .skip 8
multiboot_information: .skip 8

.section .note.GNU-stack, "", @progbits
