using System.Buffers.Binary;
using System.Text;
using static Tintype.Qemu.Nbd.NbdProtocol;

namespace Tintype.Qemu.Nbd;

/// <summary>The metadata contexts of one connection: what was asked for, under which numbers the server grants it, and what it says under them.</summary>
internal sealed class NbdContexts(NbdFacts wanted)
{
    private readonly Dictionary<string, uint> _granted = new(StringComparer.Ordinal);

    private string[] Names =>
    [
        .. wanted.Zeros ? [AllocationContext] : Array.Empty<string>(),
        .. wanted.Depth ? [DepthContext] : Array.Empty<string>(),
        .. wanted.Bitmap is { } bitmap ? [BitmapContext + bitmap] : Array.Empty<string>(),
    ];

    /// <summary>Whether anything is to be asked for.</summary>
    public bool IsNeeded => Names.Length > 0;

    /// <summary>Whether the server tells anything.</summary>
    public bool IsGranted => _granted.Count > 0;

    /// <summary>The option's data: the export, and the contexts by their names.</summary>
    public byte[] Query(string export)
    {
        using var data = new MemoryStream();
        WriteText(data, export);
        WriteNumber(data, (uint)Names.Length);
        foreach (var name in Names)
            WriteText(data, name);
        return data.ToArray();
    }

    /// <summary>Takes a reply to the option: the context's number, then its name.</summary>
    public void Grant(byte[] reply)
    {
        if (reply.Length < 4)
            throw new NbdException("The NBD server granted a metadata context without its number.");
        _granted[Encoding.UTF8.GetString(reply.AsSpan(4))] = BinaryPrimitives.ReadUInt32BigEndian(reply);
    }

    /// <summary>What is zero may stay unknown; nobody can do without the other answers who asks for them.</summary>
    /// <exception cref="NbdException">The server does not give them.</exception>
    public void RequireAll()
    {
        if (Names.FirstOrDefault(name => name != AllocationContext && !_granted.ContainsKey(name)) is { } missing)
            throw new NbdException($"The NBD server does not tell '{missing}' of the export.");
    }

    public Reply Begin(long offset, long length) => new(this, wanted, offset, length);

    private uint? IdOf(string name) => _granted.TryGetValue(name, out var id) ? id : null;

    private static void WriteText(MemoryStream to, string text)
    {
        WriteNumber(to, (uint)Encoding.UTF8.GetByteCount(text));
        to.Write(Encoding.UTF8.GetBytes(text));
    }

    private static void WriteNumber(MemoryStream to, uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        to.Write(bytes);
    }

    /// <summary>The answer to one request: each context says as much of the range as it likes.</summary>
    internal sealed class Reply(NbdContexts contexts, NbdFacts wanted, long offset, long length)
    {
        private readonly Dictionary<uint, List<(long Length, uint Flags)>> _runs = [];

        // {context: 32 bits} {length: 32 bits, flags: 32 bits}…
        public void Take(byte[] payload)
        {
            if (payload.Length < 4)
                throw new NbdException("The NBD server described a range without saying what it describes.");
            var runs = new List<(long, uint)>((payload.Length - 4) / 8);
            for (var at = 4; at + 8 <= payload.Length; at += 8)
            {
                var run = BinaryPrimitives.ReadUInt32BigEndian(payload.AsSpan(at));
                if (run == 0)
                    throw new NbdException("The NBD server described an empty extent.");
                runs.Add((run, BinaryPrimitives.ReadUInt32BigEndian(payload.AsSpan(at + 4))));
            }

            _runs[BinaryPrimitives.ReadUInt32BigEndian(payload)] = runs;
        }

        /// <summary>The runs from the range's beginning as far as every context has spoken.</summary>
        public IReadOnlyList<NbdExtent> Extents()
        {
            var zeros = Cursor(wanted.Zeros ? AllocationContext : null);
            var depth = Cursor(wanted.Depth ? DepthContext : null);
            var dirty = Cursor(wanted.Bitmap is { } bitmap ? BitmapContext + bitmap : null);
            var found = new List<NbdExtent>();
            for (var at = 0L; at < length;)
            {
                // The last extent may reach beyond what was asked.
                var run = Math.Min(length - at, Math.Min(zeros.Left, Math.Min(depth.Left, dirty.Left)));
                if (run == 0)
                    break;
                var extent = new NbdExtent(offset + at, run, (zeros.Flags & StateZero) != 0, (int)depth.Flags, (dirty.Flags & StateDirty) != 0);
                if (found.Count > 0 && found[^1] is var last && last.IsLike(extent))
                    found[^1] = last with { Length = last.Length + run };
                else
                    found.Add(extent);
                at += run;
                zeros.Advance(run);
                depth.Advance(run);
                dirty.Advance(run);
            }

            return found.Count > 0 ? found : throw new NbdException("The NBD server described none of the range that was asked.");
        }

        // Of what was not asked, or not granted, nothing is known, as far as it goes.
        private RunCursor Cursor(string? name) => name is not null && contexts.IdOf(name) is { } id
            ? new RunCursor(_runs.GetValueOrDefault(id) ?? [])
            : new RunCursor([(length, 0)]);
    }

    private sealed class RunCursor(List<(long Length, uint Flags)> runs)
    {
        private int _index;
        private long _done;

        /// <summary>Bytes of the present run; 0 beyond the last.</summary>
        public long Left => _index < runs.Count ? runs[_index].Length - _done : 0;

        public uint Flags => runs[_index].Flags;

        public void Advance(long by)
        {
            _done += by;
            if (_done < runs[_index].Length)
                return;
            _done = 0;
            _index++;
        }
    }
}
