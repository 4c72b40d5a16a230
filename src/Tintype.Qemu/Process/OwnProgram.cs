using System.Reflection;

namespace Tintype.Qemu.Process;

/// <summary>This program, to be started once more with a command of its own.</summary>
public static class OwnProgram
{
    /// <summary>The command line without arguments. Run by the dotnet host, the program is the host's first argument.</summary>
    public static IReadOnlyList<string> CommandLine { get; } = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
        ? [Environment.ProcessPath!, Assembly.GetEntryAssembly()!.Location] : [Environment.ProcessPath!];
}
