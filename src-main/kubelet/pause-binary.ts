/**
 * The pause program, assembled here byte by byte so that no compiled blob is shipped and no registry is needed.
 * It does what Kubernetes' pause.c does: holds the pod's namespaces, reaps orphaned processes when it is process 1 of a
 * shared PID namespace, and ends at once on SIGTERM or SIGINT. In C:
 *
 *     sigprocmask(SIG_BLOCK, &all, NULL);
 *     for (;;) {
 *       int signal = sigtimedwait(&all, NULL, NULL);
 *       if (signal == SIGCHLD) while (wait4(-1, NULL, WNOHANG, NULL) > 0);
 *       if (signal == SIGTERM || signal == SIGINT) exit_group(0);
 *     }
 *
 * Signals are blocked and waited for instead of handled: the kernel drops an unhandled signal to process 1 of a
 * namespace, but never a blocked one.
 */
export type Architecture = 'amd64' | 'arm64'

/** A static ELF executable. @throws RangeError for an architecture that is not known here */
export function pauseBinary(architecture: string): Buffer {
  if (architecture === 'amd64') return elf(MACHINE_AMD64, assemble(amd64))
  if (architecture === 'arm64') return elf(MACHINE_ARM64, assemble(arm64))
  throw new RangeError(`no pause program for the architecture ${architecture}, only for amd64 and arm64`)
}

const SIGINT = 2
const SIGTERM = 15
const SIGCHLD = 17
const WNOHANG = 1

/** Where a label stands, in bytes from the start of the code. */
type Labels = (label: string) => number
/** A label, or an instruction: its bytes, given where it stands itself. */
type Line = string | ((at: number, labels: Labels) => number[])

/** Two passes: the first finds the labels (every instruction has the same length wherever it jumps), the second writes. */
function assemble(lines: readonly Line[]): Buffer {
  const known = new Map<string, number>()
  const pass = (labels: Labels) => {
    const bytes: number[] = []
    for (const line of lines) {
      if (typeof line === 'string') known.set(line, bytes.length)
      else bytes.push(...line(bytes.length, labels))
    }
    return Buffer.from(bytes)
  }
  pass(() => 0)
  return pass(label => known.get(label) ?? 0)
}

const bytes =
  (...values: number[]): Line =>
  () =>
    values
const little = (value: number): number[] => [0, 8, 16, 24].map(shift => (value >> shift) & 0xff)
/** The set of all 64 signals. */
const allSignals = bytes(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)

// amd64: the call's number in eax, arguments in rdi, rsi, rdx, r10.
const callNumber = (number: number): Line => bytes(0xb8, ...little(number)) // mov eax, number
const syscall = bytes(0x0f, 0x05)
const zeroEdi = bytes(0x31, 0xff) // xor edi, edi
const zeroEsi = bytes(0x31, 0xf6) // xor esi, esi
const zeroEdx = bytes(0x31, 0xd2) // xor edx, edx
const sizeOfSet = bytes(0x41, 0xba, ...little(8)) // mov r10d, 8
const leaRdi =
  (label: string): Line =>
  (at, labels) => [0x48, 0x8d, 0x3d, ...little(labels(label) - (at + 7))] // lea rdi, [rip + label]
const leaRsi =
  (label: string): Line =>
  (at, labels) => [0x48, 0x8d, 0x35, ...little(labels(label) - (at + 7))] // lea rsi, [rip + label]
const compareEax = (value: number): Line => bytes(0x83, 0xf8, value) // cmp eax, value
const jump =
  (opcode: number, label: string): Line =>
  (at, labels) => [opcode, (labels(label) - (at + 2)) & 0xff]
const JE = 0x74
const JNE = 0x75
const JG = 0x7f
const JMP = 0xeb

const amd64: readonly Line[] = [
  callNumber(14), // rt_sigprocmask(SIG_BLOCK, all, NULL, 8)
  zeroEdi,
  leaRsi('all'),
  zeroEdx,
  sizeOfSet,
  syscall,
  'wait',
  callNumber(128), // rt_sigtimedwait(all, NULL, NULL, 8)
  leaRdi('all'),
  zeroEsi,
  zeroEdx,
  sizeOfSet,
  syscall,
  compareEax(SIGCHLD),
  jump(JE, 'reap'),
  compareEax(SIGTERM),
  jump(JE, 'exit'),
  compareEax(SIGINT),
  jump(JNE, 'wait'),
  'exit',
  callNumber(231), // exit_group(0)
  zeroEdi,
  syscall,
  'reap',
  callNumber(61), // wait4(-1, NULL, WNOHANG, NULL)
  bytes(0xbf, 0xff, 0xff, 0xff, 0xff), // mov edi, -1
  zeroEsi,
  bytes(0xba, ...little(WNOHANG)), // mov edx, WNOHANG
  bytes(0x45, 0x31, 0xd2), // xor r10d, r10d
  syscall,
  bytes(0x85, 0xc0), // test eax, eax
  jump(JG, 'reap'),
  jump(JMP, 'wait'),
  'all',
  allSignals,
]

// arm64: the call's number in x8, arguments in x0 to x3. Every instruction is one word.
const word =
  (value: number): Line =>
  () =>
    little(value)
const move = (register: number, value: number): Line => word(0xd2800000 | (value << 5) | register) // mov x, #value
const minusOne = (register: number): Line => word(0x92800000 | register) // mov x, #-1
const supervisorCall = word(0xd4000001) // svc #0
const compareX0 = (value: number): Line => word(0xf100001f | (value << 10)) // cmp x0, #value
const address =
  (register: number, label: string): Line =>
  (at, labels) => {
    const offset = labels(label) - at
    return little(0x10000000 | ((offset & 3) << 29) | (((offset >> 2) & 0x7ffff) << 5) | register) // adr x, label
  }
const branchIf =
  (condition: number, label: string): Line =>
  (at, labels) =>
    little(0x54000000 | ((((labels(label) - at) >> 2) & 0x7ffff) << 5) | condition) // b.condition label
const branch =
  (label: string): Line =>
  (at, labels) =>
    little(0x14000000 | (((labels(label) - at) >> 2) & 0x3ffffff)) // b label
const EQ = 0
const NE = 1
const GT = 12

const arm64: readonly Line[] = [
  move(8, 135), // rt_sigprocmask(SIG_BLOCK, all, NULL, 8)
  move(0, 0),
  address(1, 'all'),
  move(2, 0),
  move(3, 8),
  supervisorCall,
  'wait',
  move(8, 137), // rt_sigtimedwait(all, NULL, NULL, 8)
  address(0, 'all'),
  move(1, 0),
  move(2, 0),
  move(3, 8),
  supervisorCall,
  compareX0(SIGCHLD),
  branchIf(EQ, 'reap'),
  compareX0(SIGTERM),
  branchIf(EQ, 'exit'),
  compareX0(SIGINT),
  branchIf(NE, 'wait'),
  'exit',
  move(8, 94), // exit_group(0)
  move(0, 0),
  supervisorCall,
  'reap',
  move(8, 260), // wait4(-1, NULL, WNOHANG, NULL)
  minusOne(0),
  move(1, 0),
  move(2, WNOHANG),
  move(3, 0),
  supervisorCall,
  compareX0(0),
  branchIf(GT, 'reap'),
  branch('wait'),
  'all',
  allSignals,
]

const MACHINE_AMD64 = 62
const MACHINE_ARM64 = 183
const HEADER = 64
const PROGRAM_HEADER = 56
const BASE = 0x400000n

/** The smallest ELF file that the kernel runs: one header, one segment (the whole file, readable and executable). */
function elf(machine: number, code: Buffer): Buffer {
  const head = Buffer.alloc(HEADER + PROGRAM_HEADER)
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]) // "\x7fELF", 64 bits, little-endian, version 1
  head.writeUInt16LE(2, 16) // an executable
  head.writeUInt16LE(machine, 18)
  head.writeUInt32LE(1, 20) // version
  head.writeBigUInt64LE(BASE + BigInt(head.length), 24) // entry point: right after the headers
  head.writeBigUInt64LE(BigInt(HEADER), 32) // where the program header is
  head.writeUInt16LE(HEADER, 52)
  head.writeUInt16LE(PROGRAM_HEADER, 54)
  head.writeUInt16LE(1, 56) // one of them
  const size = BigInt(head.length + code.length)
  head.writeUInt32LE(1, HEADER) // PT_LOAD
  head.writeUInt32LE(5, HEADER + 4) // readable, executable
  head.writeBigUInt64LE(BASE, HEADER + 16) // virtual address
  head.writeBigUInt64LE(BASE, HEADER + 24) // physical address
  head.writeBigUInt64LE(size, HEADER + 32) // bytes in the file
  head.writeBigUInt64LE(size, HEADER + 40) // bytes in memory
  head.writeBigUInt64LE(0x1000n, HEADER + 48) // alignment
  return Buffer.concat([head, code])
}
