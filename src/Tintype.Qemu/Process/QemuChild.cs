namespace Tintype.Qemu.Process;

/// <summary>A QEMU that this process has started: of its end more can be told than of another's.</summary>
internal sealed class QemuChild : IDisposable
{
    private const string Program = "qemu-system-x86_64";

    private readonly System.Diagnostics.Process _child;
    private readonly Confinement _confinement;

    public QemuChild(System.Diagnostics.Process child, Confinement confinement)
    {
        _child = child;
        _confinement = confinement;
        // A child keeps its number until the runtime has collected it, at the soonest when it has ended: then there is no handle.
        Process = ProcessHandle.TryOpen(child.Id) ?? ProcessHandle.Ended(child.Id);
    }

    public ProcessHandle Process { get; }

    /// <summary>A sentence on why it has ended, which it must have.</summary>
    public async Task<string> CauseAsync()
    {
        await _child.WaitForExitAsync();
        var said = await SaidAsync();
        var how = _child.ExitCode > 128 ? $"QEMU was ended by signal {_child.ExitCode - 128}." : $"QEMU ended with code {_child.ExitCode}.";
        return said.Length == 0 ? how : $"{how} It said: {said}";
    }

    /// <summary>
    /// Its last words, without its name and without warnings:
    /// <c>qemu-system-x86_64: -device igb: 'igb' is not a valid device model name</c>.
    /// </summary>
    public async Task<string> SaidAsync() => string.Join(' ', (await _confinement.SaidAsync(_child)).Split('\n')
        .Where(line => !line.Contains("warning:", StringComparison.Ordinal))
        .Select(line => line.StartsWith(Program + ": ", StringComparison.Ordinal) ? line[(Program.Length + 2)..] : line)).Trim();

    public void Dispose()
    {
        Process.Dispose();
        _child.Dispose();
    }
}
