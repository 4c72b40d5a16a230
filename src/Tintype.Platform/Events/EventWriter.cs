using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace Tintype.Platform.Events;

/// <summary>
/// Writes server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
/// <code>
/// id: 17
/// event: task
/// data: {"id": "…"}
///
/// : still here
///
/// </code>
/// What has been flushed is with the connection, which takes no more than it can hold: a reader that is slow holds up its own writer and nobody else.
/// </summary>
internal sealed class EventWriter(PipeWriter output)
{
    private readonly Encoding _utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Whether anything is written that has not been flushed.</summary>
    public bool IsDirty { get; private set; }

    /// <summary>How long a client waits before it connects again.</summary>
    public void Retry(TimeSpan delay) => Write(string.Create(CultureInfo.InvariantCulture, $"retry: {delay.TotalMilliseconds:0}\n\n"));

    /// <param name="id">What a client that connects again gives back, to go on after this.</param>
    /// <param name="json">On one line.</param>
    public void Event(string name, long id, string json) => Write(string.Create(CultureInfo.InvariantCulture, $"id: {id}\nevent: {name}\ndata: {json}\n\n"));

    /// <summary>What no client shows, and which tells both ends that the other is there.</summary>
    public void Comment(string text) => Write($": {text}\n\n");

    /// <exception cref="OperationCanceledException">The client has gone.</exception>
    public async Task FlushAsync(CancellationToken ct)
    {
        IsDirty = false;
        if ((await output.FlushAsync(ct)).IsCompleted)
            throw new OperationCanceledException("The client has gone.");
    }

    private void Write(string text)
    {
        IsDirty = true;
        _utf8.GetBytes(text, output);
    }
}
