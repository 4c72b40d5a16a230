namespace Tintype.Images.Import.Preparation;

/// <summary>Reads a disk image of one format as one of another. For the room that has the tools to do so.</summary>
public interface IImageConversion
{
    /// <summary>
    /// The disk in <paramref name="path"/> as a file of the format <paramref name="target"/>, made while it is read. The file is taken for
    /// <paramref name="format"/> whatever its bytes look like, by a process without privileges; nothing it refers to is opened.
    /// Disposing ends the process.
    /// </summary>
    /// <param name="target">raw or qcow2.</param>
    /// <exception cref="Platform.Http.Fault">The file cannot be read as this format; the sentence says why.</exception>
    Task<Stream> OpenAsync(string path, string format, string target, CancellationToken ct);
}
