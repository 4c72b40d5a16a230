using System.Runtime.InteropServices;
using Tintype.Bench;
using Tintype.Bench.Lines;
using Tintype.Bench.Reporting;

BenchOptions options;
try
{
    options = BenchOptions.Parse(args);
}
catch (FormatException wrong)
{
    await Console.Error.WriteLineAsync($"{wrong.Message}\n{BenchOptions.Usage}");
    return 2;
}

using var interrupted = new CancellationTokenSource();
void Interrupt(PosixSignalContext signal)
{
    // What was started is stopped first.
    signal.Cancel = true;
    interrupted.Cancel();
}

using var sigint = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using var sigterm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);

try
{
    var machine = await Machine.DescribeAsync(TimeProvider.System, interrupted.Token);
    var lines = new List<Line>();
    var complete = true;
    await using (var bench = new BenchContext(options, interrupted.Token))
    {
        foreach (var (name, measure) in Groups.All.Where(group => options.Wants(group.Name)))
        {
            BenchContext.Tell($"measuring {name}");
            try
            {
                lines.AddRange(await measure(bench));
            }
#pragma warning disable CA1031 // Whatever it is, the other groups are measured all the same.
            catch (Exception failure) when (!interrupted.IsCancellationRequested)
#pragma warning restore CA1031
            {
                complete = false;
                await Console.Error.WriteLineAsync($"tintype: {name} could not be measured: {failure}");
            }
        }
    }

    var report = $"{machine}\n\n{ReportTable.Render(lines)}";
    Console.WriteLine(report);
    if (complete && options.Write is { } file)
        ReportTable.WriteInto(file, report);
    return complete && lines.TrueForAll(line => line.Holds) ? 0 : 1;
}
catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("tintype: interrupted; everything that was started is stopped");
    return 130;
}
