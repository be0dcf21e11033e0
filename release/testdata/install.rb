# Installs by a formula without Homebrew: ruby install.rb FORMULA UNPACKED PREFIX SYSTEM PROCESSOR, in which SYSTEM is
# macos or linux and PROCESSOR arm or intel. Prints the address and the checksum of the archive to be fetched there.
require "fileutils"

FORMULA, UNPACKED, PREFIX, SYSTEM, PROCESSOR = ARGV

# A folder of the installation.
class Folder
  def initialize(path) = @path = path
  def /(name) = File.join(@path, name)
  def to_s = @path

  def install(*files)
    FileUtils.mkdir_p(@path)
    files.flatten.each do |file|
      pairs = file.is_a?(Hash) ? file : { file => File.basename(file) }
      raise "nothing to install" if pairs.empty?
      pairs.each { |from, to| FileUtils.cp(from, File.join(@path, to)) }
    end
  end
end

# What formulas are made of, as far as this one uses it.
class Formula
  class << self
    attr_reader :said
    %i[desc homepage version license url sha256].each do |word|
      define_method(word) { |text| ((@said ||= {})[word] ||= []) << text }
    end
    def on_macos = (yield if SYSTEM == "macos")
    def on_linux = (yield if SYSTEM == "linux")
    def on_arm = (yield if PROCESSOR == "arm")
    def on_intel = (yield if PROCESSOR == "intel")
    def test(&block) = @test = block
    def tested = @test
  end

  { bin: "bin", man1: "share/man/man1", bash_completion: "etc/bash_completion.d",
    zsh_completion: "share/zsh/site-functions", fish_completion: "share/fish/vendor_completions.d",
    doc: "share/doc/exparchive" }.each do |name, path|
    define_method(name) { Folder.new(File.join(PREFIX, path)) }
  end

  def shell_output(command) = `#{command}`
  def assert_match(text, output) = (raise "got #{output}, want #{text}" unless output.include?(text))
  def system(*command) = (Kernel.system(*command, out: :err) || raise("#{command} fails"))
end

load FORMULA
said = Exparchive.said
%i[desc homepage version license url sha256].each { |word| raise "#{word}: #{said[word]}" unless said[word]&.size == 1 }
formula = Exparchive.new
Dir.chdir(UNPACKED) { formula.install }
Dir.mkdir(work = File.join(PREFIX, "work"))
Dir.chdir(work) { formula.instance_eval(&Exparchive.tested) }
puts said[:url], said[:sha256]
