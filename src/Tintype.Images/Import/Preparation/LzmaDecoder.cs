using System.Runtime.InteropServices;
using Tintype.Platform.Http;

namespace Tintype.Images.Import.Preparation;

/// <summary>A decoder of liblzma, which every Debian has: its package manager unpacks with it.</summary>
internal sealed unsafe partial class LzmaDecoder : SafeHandle
{
    private const string Library = "liblzma.so.5";

    // What "xz -9" packs needs half of this. A few bytes of header may ask for four gigabytes.
    private const ulong MaximumMemory = 128 << 20;

    private const uint Concatenated = 0x08;

    private enum Action
    {
        Run = 0,
        Finish = 3,
    }

    private enum Result
    {
        Ok = 0,
        StreamEnd = 1,
        MemoryError = 5,
        MemoryLimitError = 6,
        FormatError = 7,
        OptionsError = 8,
        DataError = 9,
        BufferError = 10,
    }

    // lzma_stream of lzma/base.h. The decoder keeps nothing of its address.
    [StructLayout(LayoutKind.Sequential)]
    private struct State
    {
        public byte* NextIn;
        public nuint AvailableIn;
        public ulong TotalIn;
        public byte* NextOut;
        public nuint AvailableOut;
        public ulong TotalOut;
        public void* Allocator;
        public void* Internal;
        public fixed ulong Reserved[8];
        public fixed uint ReservedEnums[2];
    }

    // The decoder begins with OfXz.
    public LzmaDecoder()
        : base(0, ownsHandle: true) => SetHandle((nint)NativeMemory.AllocZeroed((nuint)sizeof(State)));

    public override bool IsInvalid => handle == 0;

    private State* Stream => (State*)handle;

    /// <exception cref="Fault">503: there is no liblzma.</exception>
    public static LzmaDecoder OfXz()
    {
        var decoder = new LzmaDecoder();
        try
        {
            if (Begin(decoder.Stream, MaximumMemory, Concatenated) is var result and not Result.Ok)
                throw Failure(result);
            return decoder;
        }
        catch (DllNotFoundException missing)
        {
            decoder.Dispose();
            throw new Fault(FaultKind.Unavailable, $"Data packed as xz cannot be unpacked here: {Library} is missing; Debian's package is liblzma5.", missing);
        }
        catch
        {
            decoder.Dispose();
            throw;
        }
    }

    /// <summary>Goes on by some of the input, or of the output, or both.</summary>
    /// <param name="isLast">Whether there is no more input than this.</param>
    /// <exception cref="InvalidDataException">It cannot.</exception>
    public (int Taken, int Written, bool HasEnded) Step(ReadOnlySpan<byte> input, Span<byte> output, bool isLast)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        fixed (byte* from = input)
        fixed (byte* to = output)
        {
            Stream->NextIn = from;
            Stream->AvailableIn = (nuint)input.Length;
            Stream->NextOut = to;
            Stream->AvailableOut = (nuint)output.Length;
            var result = Code(Stream, isLast ? Action.Finish : Action.Run);
            if (result is not (Result.Ok or Result.StreamEnd))
                throw Failure(result);
            return (input.Length - (int)Stream->AvailableIn, output.Length - (int)Stream->AvailableOut, result == Result.StreamEnd);
        }
    }

    protected override bool ReleaseHandle()
    {
        // Of what was never begun there is nothing to end, and perhaps no library to do it.
        if (Stream->Internal is not null)
            End(Stream);
        NativeMemory.Free(Stream);
        return true;
    }

    private static InvalidDataException Failure(Result result) => new(result switch
    {
        Result.MemoryError or Result.MemoryLimitError => $"to unpack it takes more than {MaximumMemory >> 20} MiB of memory, which is all that there is for it",
        Result.FormatError => "it is no .xz, or something that is none follows it",
        Result.OptionsError => "it is packed in a way that is not known here",
        Result.DataError => "it is damaged",
        Result.BufferError => "it ends early",
        _ => $"liblzma gives up with {(int)result}",
    });

    [LibraryImport(Library, EntryPoint = "lzma_stream_decoder")]
    private static partial Result Begin(State* stream, ulong memoryLimit, uint flags);

    [LibraryImport(Library, EntryPoint = "lzma_code")]
    private static partial Result Code(State* stream, Action action);

    [LibraryImport(Library, EntryPoint = "lzma_end")]
    private static partial void End(State* stream);
}
