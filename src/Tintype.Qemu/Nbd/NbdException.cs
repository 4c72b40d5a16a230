namespace Tintype.Qemu.Nbd;

/// <summary>The NBD server refused, or did not speak the protocol.</summary>
public sealed class NbdException(string message) : IOException(message);
