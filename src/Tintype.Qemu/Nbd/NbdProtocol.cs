namespace Tintype.Qemu.Nbd;

/// <summary>The numbers of the NBD protocol that reading needs, on either side (NetworkBlockDevice/nbd, doc/proto.md). All big-endian on the wire.</summary>
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

    public const uint OptionExportName = 1;
    public const uint OptionAbort = 2;
    public const uint OptionList = 3;
    public const uint OptionInfo = 6;
    public const uint OptionGo = 7;
    public const uint OptionStructuredReply = 8;
    public const uint OptionListMetaContext = 9;
    public const uint OptionSetMetaContext = 10;

    public const uint ReplyAck = 1;
    public const uint ReplyServer = 2;
    public const uint ReplyInfo = 3;
    public const uint ReplyMetaContext = 4;
    public const uint ReplyErrorBit = 1u << 31;
    public const uint ReplyUnsupported = ReplyErrorBit | 1;
    public const uint ReplyInvalid = ReplyErrorBit | 3;
    public const uint ReplyUnknown = ReplyErrorBit | 6;
    public const uint ReplyTooBig = ReplyErrorBit | 9;

    public const ushort InfoExport = 0;
    public const ushort InfoBlockSize = 3;

    /// <summary>The longest name of an export, and of anything else that is a string.</summary>
    public const int LongestString = 4096;

    // Of an export.
    public const ushort HasFlags = 1;
    public const ushort IsReadOnly = 2;
    public const ushort TakesFlush = 4;
    public const ushort IsTheSameOverAllConnections = 1 << 8;
    public const ushort TakesCache = 1 << 10;

    public const ushort CommandRead = 0;
    public const ushort CommandWrite = 1;
    public const ushort CommandDisconnect = 2;
    public const ushort CommandFlush = 3;
    public const ushort CommandTrim = 4;
    public const ushort CommandCache = 5;
    public const ushort CommandWriteZeroes = 6;
    public const ushort CommandBlockStatus = 7;

    /// <summary>Of a block status request: one extent is enough.</summary>
    public const ushort RequestOne = 1 << 3;

    public const ushort ChunkDone = 1;
    public const ushort ChunkNone = 0;
    public const ushort ChunkOffsetData = 1;
    public const ushort ChunkOffsetHole = 2;
    public const ushort ChunkBlockStatus = 5;
    public const ushort ChunkErrorBit = 1 << 15;
    public const ushort ChunkError = ChunkErrorBit | 1;

    public const uint ErrorPermission = 1;
    public const uint ErrorInputOutput = 5;
    public const uint ErrorInvalid = 22;

    /// <summary>In base:allocation: nothing is stored for the range.</summary>
    public const uint StateHole = 1;

    /// <summary>In base:allocation: the range reads as zeros.</summary>
    public const uint StateZero = 2;

    /// <summary>In qemu:dirty-bitmap: the range has been written to.</summary>
    public const uint StateDirty = 1;

    /// <summary>The metadata context that tells zeros from data.</summary>
    public const string AllocationContext = "base:allocation";

    /// <summary>QEMU's context whose flags are the number of the layer that the range lies in: 1 is the topmost, 0 none.</summary>
    public const string DepthContext = "qemu:allocation-depth";

    /// <summary>QEMU's context of a dirty bitmap, whose name follows.</summary>
    public const string BitmapContext = "qemu:dirty-bitmap:";
}
