namespace Tintype.Qemu.Nbd;

/// <summary>The numbers of the NBD protocol that a reader needs (NetworkBlockDevice/nbd, doc/proto.md). All big-endian on the wire.</summary>
internal static class NbdProtocol
{
    public const ulong ServerMagic = 0x4e42444d41474943;    // "NBDMAGIC"
    public const ulong OptionMagic = 0x49484156454F5054;    // "IHAVEOPT"
    public const ulong OptionReplyMagic = 0x0003e889045565a9;
    public const uint RequestMagic = 0x25609513;
    public const uint SimpleReplyMagic = 0x67446698;
    public const uint StructuredReplyMagic = 0x668e33ef;

    public const ushort FixedNewstyle = 1;
    public const ushort NoZeroes = 2;

    public const uint OptionGo = 7;
    public const uint OptionStructuredReply = 8;
    public const uint OptionSetMetaContext = 10;

    public const uint ReplyAck = 1;
    public const uint ReplyInfo = 3;
    public const uint ReplyMetaContext = 4;
    public const uint ReplyErrorBit = 1u << 31;

    public const ushort InfoExport = 0;

    public const ushort CommandRead = 0;
    public const ushort CommandDisconnect = 2;
    public const ushort CommandBlockStatus = 7;

    public const ushort ChunkDone = 1;
    public const ushort ChunkNone = 0;
    public const ushort ChunkOffsetData = 1;
    public const ushort ChunkOffsetHole = 2;
    public const ushort ChunkBlockStatus = 5;
    public const ushort ChunkErrorBit = 1 << 15;

    /// <summary>In base:allocation: the range reads as zeros.</summary>
    public const uint StateZero = 2;

    /// <summary>The metadata context that tells zeros from data.</summary>
    public const string AllocationContext = "base:allocation";
}
