namespace Tintype.Qemu.Process;

/// <summary>What a confined program gets at most, whatever the bytes that it parses would have it ask for.</summary>
/// <param name="AddressSpace">Bytes; a request for more fails, and with it the program.</param>
/// <param name="FileSize">Bytes that any file may have which it writes, its log for example.</param>
internal sealed record ProcessLimits(long AddressSpace, long FileSize);
