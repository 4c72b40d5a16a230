namespace Tintype.TestSupport;

/// <summary>Where things are in the checkout that the tests were built from.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The server's executable, built in the same configuration as the tests.</summary>
    public static string ServerExecutable { get; } =
        Path.Combine(Root, "src", "Tintype.Server", "bin", Configuration, "net10.0", "Tintype.Server");

    /// <summary>The small Linux guest that <c>./dev</c> builds from Debian's packages.</summary>
    public static string DemoGuest { get; } = Path.Combine(Root, "artifacts", "guest", "demo.qcow2");

    /// <summary>The Debian cloud image that <c>./dev soak</c> builds.</summary>
    public static string DebianGuest { get; } = Path.Combine(Root, "artifacts", "guest", "debian.qcow2");

    private static string Configuration =>
        AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
            ? "Release" : "Debug";

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Tintype.slnx")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"No Tintype.slnx above {AppContext.BaseDirectory}.");
    }
}
