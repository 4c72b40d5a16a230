using Tintype.Platform;
using Tintype.Storage.Local;

namespace Tintype.Server.Demo;

/// <summary><c>clouds.yaml</c> in the data directory: readable by its owner alone, and whole at any moment.</summary>
internal sealed class CloudsFile(DataDirectory data)
{
    public string Path { get; } = data.File("clouds.yaml");

    /// <summary>What is in it; null if there is no such file.</summary>
    /// <exception cref="InvalidOperationException">It is not YAML; the message says where.</exception>
    public CloudsYaml? Read()
    {
        try
        {
            return CloudsYaml.Parse(File.ReadAllText(Path));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (FormatException malformed)
        {
            throw new InvalidOperationException($"{Path} is not YAML ({malformed.Message}); mend it, or move it away.", malformed);
        }
    }

    public void Write(CloudsYaml clouds)
    {
        var temporary = Path + ".new";
        File.Delete(temporary);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var stream = new FileStream(temporary, options))
        {
            using (var writer = new StreamWriter(stream, leaveOpen: true))
                writer.Write(clouds.Text);
            // The database is about to hold the hashes of passwords that are in no other place than here: as durable as the database, then.
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, Path, overwrite: true);
        DurableDirectory.Sync(data.Root);
    }
}
