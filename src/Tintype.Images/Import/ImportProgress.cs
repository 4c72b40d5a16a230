using Tintype.DiskFormats;

namespace Tintype.Images.Import;

/// <summary>How far a part of an import is, told while its bytes go by. In steps: each is written durably.</summary>
/// <param name="report">Takes the percentage of the whole import.</param>
/// <param name="from">Percent of the whole at which the part begins.</param>
/// <param name="to">At which it ends.</param>
internal sealed class ImportProgress(Func<int, CancellationToken, Task> report, int from, int to)
{
    private const int Step = 5;

    private int From { get; } = from;

    private int To { get; } = to;

    /// <summary>A part of several that are all alike.</summary>
    /// <param name="index">From 0.</param>
    public static ImportProgress Part(Func<int, CancellationToken, Task> report, int index, int parts) => new(report, 100 * index / parts, 100 * (index + 1) / parts);

    /// <summary>The data, noted as it is read; as it is, where nobody knows how much will come.</summary>
    public Stream Of(Stream data, long? length) => length is > 0 and var bytes ? new Watched(this, data, bytes) : data;

    private Task ReportAsync(int percent, CancellationToken ct) => report(percent, ct);

    private sealed class Watched(ImportProgress part, Stream data, long length) : ForwardStream
    {
        private long _read;
        private int _told = part.From;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await data.ReadAsync(buffer, cancellationToken);
            _read += read;
            // More may come than was said; whoever takes it in will find that out.
            var now = part.From + (int)((part.To - part.From) * Math.Min(1, (double)_read / length));
            if (now >= _told + Step)
            {
                _told = now;
                await part.ReportAsync(now, cancellationToken);
            }

            return read;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                data.Dispose();
            base.Dispose(disposing);
        }

        public override async ValueTask DisposeAsync()
        {
            await data.DisposeAsync();
            await base.DisposeAsync();
        }
    }
}
