using System.Xml.Linq;
using Xunit;

namespace Tintype.Tests;

/// <summary>The arrows between the projects, as docs/decisions has them: a new one is a decision, not an accident.</summary>
public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> _allowed = new()
    {
        ["Tintype.Protocol"] = [],
        ["Tintype.DiskFormats"] = [],
        ["Tintype.Storage"] = ["Tintype.DiskFormats"],
        ["Tintype.Qemu"] = [],
        ["Tintype.Platform"] = ["Tintype.Protocol"],
        ["Tintype.Identity"] = ["Tintype.Platform", "Tintype.Protocol"],
        ["Tintype.Images"] = ["Tintype.DiskFormats", "Tintype.Platform", "Tintype.Protocol", "Tintype.Storage"],
        ["Tintype.Compute"] = ["Tintype.Images", "Tintype.Platform", "Tintype.Protocol", "Tintype.Qemu"],
        ["Tintype.Snapshots"] = ["Tintype.Compute", "Tintype.DiskFormats", "Tintype.Images", "Tintype.Platform", "Tintype.Protocol", "Tintype.Qemu"],
        ["Tintype.Server"] =
        [
            "Tintype.Compute", "Tintype.DiskFormats", "Tintype.Identity", "Tintype.Images", "Tintype.Platform", "Tintype.Protocol",
            "Tintype.Qemu", "Tintype.Snapshots", "Tintype.Storage",
        ],
    };

    [Fact]
    public void Projects_refer_only_to_the_rooms_they_stand_on()
    {
        var found = Directory.EnumerateFiles(Path.Combine(Root(), "src"), "*.csproj", SearchOption.AllDirectories)
            .ToDictionary(f => Path.GetFileNameWithoutExtension(f), References);

        Assert.Equal(_allowed.Keys.Order(), found.Keys.Order());
        Assert.All(found, project => Assert.Empty(project.Value.Except(_allowed[project.Key])));
    }

    [Fact]
    public void Storage_qemu_and_disk_formats_know_nothing_of_http()
    {
        string[] quiet = ["Tintype.Storage", "Tintype.Qemu", "Tintype.DiskFormats"];
        Assert.All(quiet, name =>
        {
            var project = File.ReadAllText(Path.Combine(Root(), "src", name, name + ".csproj"));
            Assert.DoesNotContain("AspNetCore", project, StringComparison.Ordinal);
            Assert.DoesNotContain("Sdk.Web", project, StringComparison.Ordinal);
        });
    }

    private static string[] References(string project) =>
        [.. XDocument.Load(project).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')))];

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Tintype.slnx")))
            folder = folder.Parent!;
        return folder.FullName;
    }
}
