using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Tintype.Identity;
using Tintype.Identity.Passwords;
using Tintype.Identity.Projects;
using Tintype.Identity.Tokens;
using Tintype.Identity.Users;
using Tintype.Images.Records;
using Tintype.Platform.Database;
using Tintype.Server.Demo;
using Xunit;

namespace Tintype.Tests.Server;

public sealed class DemoImageTests : IDisposable
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private readonly string _folder = Directory.CreateTempSubdirectory("tt-demo-").FullName;
    private readonly MetadataDatabase _database;
    private readonly PasswordHasher _hasher = new();
    private readonly IdentitySeed _identity;
    private readonly DemoPieces _pieces;
    private readonly FakeImages _images = new();

    public DemoImageTests()
    {
        _database = new MetadataDatabase(Path.Combine(_folder, "tintype.db"));
        Migrations.Apply(_database, [new MigrationSource(typeof(IdentitySetup).Assembly), new MigrationSource(typeof(DemoImage).Assembly)]);
        var database = new IdentityDatabase(_database, new TokenCache());
        _identity = new IdentitySeed(database, new ProjectRepository(database, TimeProvider.System), new UserRepository(database, TimeProvider.System), _hasher);
        _pieces = new DemoPieces(_database, TimeProvider.System);
    }

    private string Guest => Path.Combine(_folder, "guest.qcow2");

    [Fact]
    public async Task The_image_is_public_belongs_to_the_administrator_and_is_made_once()
    {
        var owner = await _identity.EnsureAsync("admin", "", "admin", "p", "admin", Ct);
        await File.WriteAllTextAsync(Guest, "guest", Ct);

        await Image(Guest).EnsureAsync(Ct);
        await Image(Guest).EnsureAsync(Ct);

        var (image, data) = Assert.Single(_images.Active);
        Assert.Equal(("tintype-linux", owner, ImageVisibility.Public, 1, 256, "guest"),
            (image.Name, image.Owner, image.Visibility, image.MinDisk, image.MinRam, data));
        Assert.Equal("yes", image.Properties["hw_qemu_guest_agent"]);
        Assert.Empty(_images.Discarded);
    }

    [Fact]
    public async Task What_an_interrupted_start_has_left_is_cleared_away_and_made_anew()
    {
        await _identity.EnsureAsync("admin", "", "admin", "p", "admin", Ct);
        await File.WriteAllTextAsync(Guest, "guest", Ct);
        _images.Breaks = true;
        await Assert.ThrowsAsync<IOException>(() => Image(Guest).EnsureAsync(Ct));
        var halfMade = _images.Created.Single().Id;

        _images.Breaks = false;
        await Image(Guest).EnsureAsync(Ct);

        Assert.Equal([halfMade], _images.Discarded);
        Assert.NotEqual(halfMade, Assert.Single(_images.Active).Image.Id);
    }

    [Fact]
    public async Task Without_a_guest_there_is_no_image_until_a_start_that_has_one()
    {
        await _identity.EnsureAsync("admin", "", "admin", "p", "admin", Ct);
        await Image(null).EnsureAsync(Ct);
        Assert.Empty(_images.Created);
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => Image("/no/such.qcow2").EnsureAsync(Ct));
        Assert.Equal("Demo:GuestImage /no/such.qcow2 does not exist; build it, or leave the setting out.", refusal.Message);

        await File.WriteAllTextAsync(Guest, "guest", Ct);
        await Image(Guest).EnsureAsync(Ct);
        Assert.Single(_images.Active);
    }

    public void Dispose()
    {
        _database.Dispose();
        _hasher.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private DemoImage Image(string? guest) =>
        new(_pieces, _identity, _images, Options.Create(new DemoOptions { GuestImage = guest }), NullLogger<DemoImage>.Instance);

    private sealed class FakeImages : ISystemImages
    {
        public bool Breaks { get; set; }

        public List<NewSystemImage> Created { get; } = [];

        public List<(NewSystemImage Image, string Data)> Active { get; } = [];

        public List<Guid> Discarded { get; } = [];

        public Task<ImageRecord> CreateAsync(NewSystemImage image, CancellationToken ct)
        {
            Created.Add(image);
            return Task.FromResult(Record(image, ImageStatus.Queued));
        }

        public async Task<ImageRecord> IngestAsync(Guid id, string diskFormat, string containerFormat, Stream data,
            IReadOnlyDictionary<string, string?> properties, CancellationToken ct)
        {
            Assert.Equal(("qcow2", "bare"), (diskFormat, containerFormat));
            if (Breaks)
                throw new IOException("No space left on device");
            var image = Created.Single(i => i.Id == id);
            using var reader = new StreamReader(data);
            Active.Add((image, await reader.ReadToEndAsync(ct)));
            return Record(image, ImageStatus.Active);
        }

        public Task SetPropertiesAsync(Guid id, IReadOnlyDictionary<string, string?> properties, CancellationToken ct) => Task.CompletedTask;

        public Task DiscardAsync(Guid id, CancellationToken ct)
        {
            Discarded.Add(id);
            return Task.CompletedTask;
        }

        private static ImageRecord Record(NewSystemImage image, ImageStatus status) => new(image.Id, image.Name, image.Owner, status, image.Visibility,
            false, false, "qcow2", "bare", image.MinDisk, image.MinRam, null, null, null, null, null, image.Properties, [], default, default);
    }
}
