using System.Buffers.Binary;
using System.Text;
using Tintype.Qemu.Nbd;
using Xunit;

namespace Tintype.Tests.Qemu;

public sealed class NbdContextsTests
{
    [Fact]
    public void Contexts_that_cut_a_range_differently_are_told_together_as_far_as_all_have_spoken()
    {
        var contexts = Granted(new NbdFacts(Depth: true, Bitmap: "tintype-0"), "base:allocation", "qemu:allocation-depth", "qemu:dirty-bitmap:tintype-0");
        var reply = contexts.Begin(1000, 500);
        reply.Take(Status(1, (100, 0), (400, 3)));
        reply.Take(Status(2, (150, 2), (100, 3)));
        // The last one may say more than it was asked.
        reply.Take(Status(3, (150, 1), (900, 0)));

        Assert.Equal(
            [
                new NbdExtent(1000, 100, IsZero: false, Depth: 2, IsDirty: true),
                new NbdExtent(1100, 50, IsZero: true, Depth: 2, IsDirty: true),
                new NbdExtent(1150, 100, IsZero: true, Depth: 3, IsDirty: false),
            ], reply.Extents());
    }

    [Fact]
    public void What_is_zero_may_stay_unknown_and_nothing_else()
    {
        Granted(new NbdFacts(), "other").RequireAll();
        var refused = Assert.Throws<NbdException>(() => Granted(new NbdFacts(Bitmap: "tintype-0"), "base:allocation").RequireAll());
        Assert.Equal("The NBD server does not tell 'qemu:dirty-bitmap:tintype-0' of the export.", refused.Message);
    }

    [Fact]
    public void A_server_that_describes_nothing_or_an_empty_extent_is_not_listened_to()
    {
        var contexts = Granted(new NbdFacts(Zeros: false, Depth: true), "qemu:allocation-depth");
        Assert.Throws<NbdException>(() => contexts.Begin(0, 100).Extents());
        Assert.Throws<NbdException>(() => contexts.Begin(0, 100).Take(Status(1, (0, 1))));
        Assert.Throws<NbdException>(() => contexts.Begin(0, 100).Take([1, 2]));
    }

    private static NbdContexts Granted(NbdFacts wanted, params string[] names)
    {
        var contexts = new NbdContexts(wanted);
        for (var i = 0; i < names.Length; i++)
            contexts.Grant([.. Number((uint)i + 1), .. Encoding.UTF8.GetBytes(names[i])]);
        return contexts;
    }

    private static byte[] Status(uint context, params (uint Length, uint Flags)[] runs) =>
        [.. Number(context), .. runs.SelectMany(run => Number(run.Length).Concat(Number(run.Flags)))];

    private static byte[] Number(uint number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }
}
